//===- DriverApi.cpp - what we say of the driver is what its header says --===//
//
// Compiled where there is a CUDA toolkit. All of it happens in the compiler.
//
//===----------------------------------------------------------------------===//

#include "runtime/DriverApi.h"

#include <cuda.h>

#include <type_traits>

namespace api = keops::rt::cuda;

/// Parameters of the same number and size, and pointers where those are.
template <typename Ours, typename Theirs> struct Agree;
template <typename... A, typename... B>
struct Agree<api::Result(A...), CUresult(B...)> {
  static constexpr bool check() {
    if constexpr (sizeof...(A) != sizeof...(B))
      return false;
    else
      return ((sizeof(A) == sizeof(B) &&
               std::is_pointer_v<A> == std::is_pointer_v<B>) &&
              ...);
  }
};

namespace keops::rt::cuda {
#define AGREES(name, symbol, parameters)                                       \
  static_assert(Agree<Result parameters, decltype(symbol)>::check(), #symbol);
KEOPS_DRIVER_FUNCTIONS(AGREES)
} // namespace keops::rt::cuda

static_assert(api::success == CUDA_SUCCESS);
static_assert(api::invalidValue == CUDA_ERROR_INVALID_VALUE);
static_assert(api::outOfMemory == CUDA_ERROR_OUT_OF_MEMORY);
static_assert(api::notInitialized == CUDA_ERROR_NOT_INITIALIZED);
static_assert(api::deviceUnavailable == CUDA_ERROR_DEVICE_UNAVAILABLE);
static_assert(api::noDevice == CUDA_ERROR_NO_DEVICE);
static_assert(api::invalidDevice == CUDA_ERROR_INVALID_DEVICE);
static_assert(api::invalidContext == CUDA_ERROR_INVALID_CONTEXT);
static_assert(api::noBinaryForGpu == CUDA_ERROR_NO_BINARY_FOR_GPU);
static_assert(api::eccUncorrectable == CUDA_ERROR_ECC_UNCORRECTABLE);
static_assert(api::invalidPtx == CUDA_ERROR_INVALID_PTX);
static_assert(api::unsupportedPtxVersion == CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
static_assert(api::invalidHandle == CUDA_ERROR_INVALID_HANDLE);
static_assert(api::notFound == CUDA_ERROR_NOT_FOUND);
static_assert(api::illegalAddress == CUDA_ERROR_ILLEGAL_ADDRESS);
static_assert(api::launchOutOfResources == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
static_assert(api::contextIsDestroyed == CUDA_ERROR_CONTEXT_IS_DESTROYED);
static_assert(api::hardwareStackError == CUDA_ERROR_HARDWARE_STACK_ERROR);
static_assert(api::illegalInstruction == CUDA_ERROR_ILLEGAL_INSTRUCTION);
static_assert(api::misalignedAddress == CUDA_ERROR_MISALIGNED_ADDRESS);
static_assert(api::invalidAddressSpace == CUDA_ERROR_INVALID_ADDRESS_SPACE);
static_assert(api::invalidPc == CUDA_ERROR_INVALID_PC);
static_assert(api::launchFailed == CUDA_ERROR_LAUNCH_FAILED);
static_assert(api::systemDriverMismatch == CUDA_ERROR_SYSTEM_DRIVER_MISMATCH);

static_assert(int(api::multiprocessorCount) ==
              CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
static_assert(int(api::clockRate) == CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
static_assert(int(api::computeCapabilityMajor) ==
              CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
static_assert(int(api::computeCapabilityMinor) ==
              CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
static_assert(int(api::memoryPoolsSupported) ==
              CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
static_assert(int(api::pointerMemoryType) == CU_POINTER_ATTRIBUTE_MEMORY_TYPE);
static_assert(int(api::pointerDeviceOrdinal) ==
              CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL);
static_assert(int(api::hostMemory) == CU_MEMORYTYPE_HOST);
static_assert(int(api::deviceMemory) == CU_MEMORYTYPE_DEVICE);
static_assert(int(api::errorLogBuffer) == CU_JIT_ERROR_LOG_BUFFER);
static_assert(int(api::errorLogBytes) == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
static_assert(int(api::poolReleaseThreshold) ==
              CU_MEMPOOL_ATTR_RELEASE_THRESHOLD);
static_assert(int(api::streamNonBlocking) == CU_STREAM_NON_BLOCKING);

static_assert(sizeof(api::PoolProperties) == sizeof(CUmemPoolProps));
static_assert(offsetof(api::PoolProperties, locationType) ==
              offsetof(CUmemPoolProps, location));
static_assert(offsetof(api::PoolProperties, maxSize) ==
              offsetof(CUmemPoolProps, maxSize));
static_assert(CU_MEM_ALLOCATION_TYPE_PINNED == 1 &&
              CU_MEM_LOCATION_TYPE_DEVICE == 1);
