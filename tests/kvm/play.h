/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_PLAY_H
#define TESTS_KVM_PLAY_H

/*
 * A random run whose translations the machine checks, on tables of so many levels. Says SKIPPED,
 * and why, where there is no such machine.
 */
void play(unsigned levels, unsigned steps);

#endif
