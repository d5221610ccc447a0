/* SPDX-License-Identifier: MIT */
/*
 * Tables of two and four columns for v_lookup16x2 and v_lookup16x4 (width1.h), stored twice: by
 * columns for instruction sets that permute registers, by rows for those that load a lane's entries
 * one behind the other. core/vecmath/tables.py writes such tables.
 */
#ifndef EVEX_VECMATH_QUADS_H
#define EVEX_VECMATH_QUADS_H

typedef struct {
    double column[2][16];
    double row[16][2];
} v_pairs;

typedef struct {
    double column[4][16];
    double row[16][4];
} v_quads;

#endif
