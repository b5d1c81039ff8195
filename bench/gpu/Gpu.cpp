//===- Gpu.cpp - the first GPU, through its driver ------------------------===//

#include "bench/gpu/Gpu.h"

#include <chrono>
#include <dlfcn.h>
#include <stdexcept>

namespace keops::bench {

static rt::Driver findDriver() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library)
    throw std::runtime_error("there is no NVIDIA driver here (libcuda.so.1)");
  rt::Driver table;
#define KEOPS_FIND(name, symbol, parameters)                                   \
  table.name =                                                                 \
      reinterpret_cast<decltype(table.name)>(dlsym(library, #symbol));         \
  if (!table.name)                                                             \
    throw std::runtime_error("the NVIDIA driver is too old: no " #symbol);
  KEOPS_DRIVER_FUNCTIONS(KEOPS_FIND)
#undef KEOPS_FIND
  return table;
}

void Gpu::check(cuda::Result result, const char *doing) {
  if (!result)
    return;
  const char *text = nullptr;
  driver.getErrorName(result, &text);
  throw std::runtime_error(std::string(doing) +
                           " failed: " + (text ? text : "unknown error"));
}

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

Gpu::Gpu() {
  double begin = now();
  driver = findDriver();
  check(driver.init(0), "starting the driver");
  check(driver.deviceGet(&device, 0), "looking for a GPU");
  char text[256] = "";
  int kHz = 0;
  check(driver.deviceGetName(text, sizeof text, device), "asking for a name");
  check(driver.deviceGetAttribute(&multiprocessors, cuda::multiprocessorCount,
                                  device),
        "asking for multiprocessors");
  check(driver.deviceGetAttribute(&kHz, cuda::clockRate, device),
        "asking for a clock");
  int major = 0, minor = 0;
  check(driver.deviceGetAttribute(&major, cuda::computeCapabilityMajor, device),
        "asking what the GPU can do");
  check(driver.deviceGetAttribute(&minor, cuda::computeCapabilityMinor, device),
        "asking what the GPU can do");
  arch = 10 * major + minor;
  name = text;
  clockGHz = kHz * 1e-6;
  cuda::Context context = nullptr;
  check(driver.primaryCtxRetain(&context, device), "starting the GPU");
  check(driver.ctxPushCurrent(context), "entering the GPU");
  startSeconds = now() - begin;
}

Gpu::~Gpu() {
  driver.ctxPopCurrent(nullptr);
  driver.primaryCtxRelease(device);
}

cuda::Module Gpu::load(const std::string &text, const std::string &what) {
  std::vector<char> log(4096);
  int names[] = {cuda::errorLogBuffer, cuda::errorLogBytes};
  void *values[] = {log.data(), reinterpret_cast<void *>(log.size() - 1)};
  cuda::Module module = nullptr;
  if (driver.moduleLoadDataEx(&module, text.c_str(), 2, names, values))
    throw std::runtime_error("the driver does not take " + what + ": " +
                             log.data());
  return module;
}

cuda::Function Gpu::function(cuda::Module module, const std::string &name) {
  cuda::Function function = nullptr;
  check(driver.moduleGetFunction(&function, module, name.c_str()),
        ("looking for the kernel " + name).c_str());
  return function;
}

int64_t Gpu::blocksAtOnce(cuda::Function function, int threads) {
  int blocks = 0;
  check(driver.occupancy(&blocks, function, threads, 0),
        "asking for an occupancy");
  return int64_t(blocks) * multiprocessors;
}

void Gpu::launch(cuda::Function function, int64_t gridX, int64_t gridY,
                 int threads, const std::vector<void *> &parameters) {
  check(driver.launchKernel(function, unsigned(gridX), unsigned(gridY), 1,
                            unsigned(threads), 1, 1, 0, nullptr,
                            const_cast<void **>(parameters.data()), nullptr),
        "launching a kernel");
}

void Gpu::wait() {
  check(driver.streamSynchronize(nullptr), "waiting for the GPU");
}

cuda::Address Gpu::allocate(int64_t bytes) {
  cuda::Address address = 0;
  check(driver.memAlloc(&address, size_t(bytes)), "allocating memory");
  return address;
}

void Gpu::release(cuda::Address address) { driver.memFree(address); }

void Gpu::upload(cuda::Address to, const void *from, int64_t bytes) {
  check(driver.memcpyHtoDAsync(to, from, size_t(bytes), nullptr), "copying");
  wait();
}

void Gpu::download(void *to, cuda::Address from, int64_t bytes) {
  check(driver.memcpyDtoHAsync(to, from, size_t(bytes), nullptr), "copying");
  wait();
}

} // namespace keops::bench
