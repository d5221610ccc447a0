/* SPDX-License-Identifier: MIT */
/*
 * op.def's definitions for one type, as inline functions: element_ADD_i32(a, b). core/elements.h
 * includes this once for every type, with T set to the type's suffix; T is undefined afterwards.
 */
#define S(function) EVEX_JOIN(function, T)
#define OP(id, name, signature, types, definition, summary)                                        \
    EVEX_FOR_##types(EVEX_ELEMENT_IF_T, id, signature, definition)
#define ALIAS(name, id)
#include "core/op.def"
#undef OP
#undef ALIAS
#undef S
#undef T
