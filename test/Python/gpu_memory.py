"""Memory of a GPU that the emulator plays, as arrays of no library.

The driver is called with ctypes. Each class shows its memory by one protocol, as
arrays of CuPy (DLPack), of Numba (the CUDA array interface) and others do.
"""

import ctypes
import math

import numpy as np

# What DLPack calls places and numbers.
CPU, CUDA, PINNED, MANAGED, METAL = 1, 2, 3, 13, 8
_KINDS = {"i": 0, "u": 1, "f": 2, "c": 5}


class Driver:
    def __init__(self):
        self.cuda = ctypes.CDLL("libcuda.so.1")
        self.call("cuInit", 0)
        self.contexts = {}

    def call(self, name, *arguments):
        code = getattr(self.cuda, name)(*arguments)
        assert code == 0, f"{name}: {code}"

    def on(self, device):
        """Makes a GPU that of the calls of this thread."""
        if device not in self.contexts:
            context = ctypes.c_void_p()
            self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
            self.contexts[device] = context
        self.call("cuCtxPushCurrent_v2", self.contexts[device])

    def off(self):
        self.call("cuCtxPopCurrent_v2", None)

    def stream(self, device=0):
        self.on(device)
        stream = ctypes.c_void_p()
        self.call("cuStreamCreate", ctypes.byref(stream), 1)  # waits for no other
        self.off()
        return stream.value

    def wait(self, stream=0, device=0):
        self.on(device)
        self.call("cuStreamSynchronize", ctypes.c_void_p(stream))
        self.off()

    def configure(self, text):
        """Tells the emulator what to play; see test/Emulator/Settings.h."""
        self.cuda.keopsEmulatorConfigure(text.encode())


class Array:
    """Numbers in the memory of a GPU, of a type and shape of NumPy."""

    def __init__(self, driver, shape, dtype, device=0):
        self.driver, self.index = driver, device
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)
        self.strides, self.asked = None, []
        address = ctypes.c_uint64()
        driver.on(device)
        size = ctypes.c_size_t(max(self.nbytes, 1))
        driver.call("cuMemAlloc_v2", ctypes.byref(address), size)
        driver.off()
        self.address = address.value

    @classmethod
    def of(cls, driver, values, device=0):
        array = cls(driver, values.shape, values.dtype, device)
        values = np.ascontiguousarray(values)
        array._copy("cuMemcpyHtoDAsync_v2", array.address, values.ctypes.data)
        driver.wait(0, device)
        return array

    @property
    def nbytes(self):
        return math.prod(self.shape) * self.dtype.itemsize

    def get(self, stream=0):
        """A copy as an array of NumPy, after the work on a stream."""
        values = np.empty(self.shape, self.dtype)
        self._copy("cuMemcpyDtoHAsync_v2", values.ctypes.data, self.address, stream)
        self.driver.wait(stream, self.index)
        return values

    def _copy(self, name, to, source, stream=0):
        self.driver.on(self.index)
        self.driver.call(
            name,
            ctypes.c_void_p(to),
            ctypes.c_void_p(source),
            ctypes.c_size_t(self.nbytes),
            ctypes.c_void_p(stream),
        )
        self.driver.off()


class CudaInterface(Array):
    """As Numba's arrays are. The interface does not say which GPU it is."""

    stream, read_only = None, False

    @property
    def __cuda_array_interface__(self):
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.address, self.read_only),
            "strides": self.strides,
            "stream": self.stream,
            "version": 3,
        }


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class _Managed(ctypes.Structure):
    _fields_ = [
        ("tensor", _Tensor),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class DLPack(Array):
    """As CuPy's arrays are, which also say how to make new ones."""

    place = CUDA

    def __dlpack_device__(self):
        return (self.place, self.index)

    def __dlpack__(self, **options):
        self.asked.append(options)
        rank = len(self.shape)
        steps = self.strides and [step // self.dtype.itemsize for step in self.strides]
        lengths = (ctypes.c_int64 * rank)(*self.shape)
        self._managed = _Managed(
            _Tensor(
                self.address,
                self.place,
                self.index,
                rank,
                _KINDS[self.dtype.kind],
                8 * self.dtype.itemsize,
                1,
                lengths,
                (ctypes.c_int64 * rank)(*steps) if steps else None,
            )
        )
        return _new_capsule(ctypes.addressof(self._managed), b"dltensor", None)

    @property
    def device(self):
        return f"gpu {self.index}"

    def __array_namespace__(self):
        return Namespace(self.driver)


class OldDLPack(DLPack):
    """As libraries were when capsules had no version."""

    def __dlpack__(self, stream=None):
        return super().__dlpack__(stream=stream)


class Namespace:
    """What the library of DLPack is for others: it makes arrays."""

    float32, float64, int64 = np.float32, np.float64, np.int64

    def __init__(self, driver):
        self.driver = driver

    def empty(self, shape, dtype, device):
        return DLPack(self.driver, shape, dtype, int(device.split()[1]))
