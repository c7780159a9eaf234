/* The contract as a serialized FileDescriptorSet, embedded at build time. */
#include "server/front/descriptors.h"

__asm__(".section .rodata\n"
        ".global purser_descriptor_set, purser_descriptor_set_end\n"
        "purser_descriptor_set: .incbin \"" PURSER_DESCRIPTOR_SET "\"\n"
        "purser_descriptor_set_end: .byte 0\n"
        ".previous\n");

extern const uint8_t purser_descriptor_set[], purser_descriptor_set_end[];

struct bytes descriptors_of_contract(void)
{
    return (struct bytes){purser_descriptor_set, (size_t)(purser_descriptor_set_end - purser_descriptor_set)};
}
