# SPDX-License-Identifier: MIT
"""Prints the table of powers of ten that cli/number_read.c and cli/number_write.c share.

Each power 10**k, for k from -342 to 324, is the 128-bit integer G with
    G - 1 < 10**k * 2**(127 - floor(log2(10**k))) <= G
that is, rounded up; for k from 0 to 55 it is exact.
"""

FIRST, LAST = -342, 324


def significand(k):
    numerator, denominator = (10**k, 1) if k >= 0 else (1, 10**-k)
    log2 = numerator.bit_length() - denominator.bit_length()
    if numerator << max(-log2, 0) < denominator << max(log2, 0):
        log2 -= 1
    shift = 127 - log2
    numerator <<= max(shift, 0)
    denominator <<= max(-shift, 0)
    value = -(-numerator // denominator)
    assert value >> 127 == 1
    return value


print("/* Made by cli/powers.py. */")
for k in range(FIRST, LAST + 1):
    value = significand(k)
    print(f"{{0x{value >> 64:016x}, 0x{value & (1 << 64) - 1:016x}}}, /* {k} */")
