/* SPDX-License-Identifier: MIT */
/*
 * Building text without printf: into a fixed buffer (errors) or through an evex_write_fn (dumps).
 * Numbers are written the same way under every locale.
 */
#ifndef EVEX_CORE_TEXT_H
#define EVEX_CORE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

#include "include/evex.h"

typedef struct {
    char *buffer; /* fixed buffer of capacity bytes, or NULL when write is set */
    size_t capacity, length;
    evex_write_fn write;
    void *user;
    int stopped; /* write asked to stop, or the buffer is full */
} evex_text;

/* Text that ends up NUL-terminated in buffer, cut on a UTF-8 border. */
evex_text evex_text_in(char *buffer, size_t capacity);
evex_text evex_text_to(evex_write_fn write, void *user);

void evex_text_bytes(evex_text *text, const char *bytes, size_t n_bytes);
/* The formats that evex_fail lists. */
void evex_text_format(evex_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void evex_text_vformat(evex_text *text, const char *format, va_list arguments);
/* The shortest decimal that reads back as the same value; "inf", "-inf", "nan". */
void evex_text_f64(evex_text *text, double value);
void evex_text_f32(evex_text *text, float value);

#endif
