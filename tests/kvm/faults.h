/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_FAULTS_H
#define TESTS_KVM_FAULTS_H

/* Compares walks of damaged tables with the processor's; says why where it cannot. */
void play_faults(unsigned levels);

#endif
