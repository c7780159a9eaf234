/* The contract as a serialized FileDescriptorSet, for ServerService/GetDescriptorSet. */
#pragma once

#include "common/arena.h"

struct bytes descriptors_of_contract(void);
