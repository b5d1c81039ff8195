"""keopsc::reduce, the one operator of keopsc.torch: it runs a formula on tensors."""

import torch
from torch import library

from keopsc import _binding, _genred
from keopsc._torch_formulas import formula_of, inputs_of, outputs_of

library.define(
    "keopsc::reduce",
    "(str formula, Tensor[] arrays, Tensor?[] ranges, str backend, int device_id)"
    " -> Tensor[]",
)

_DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "int64": torch.int64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_STRIDED = torch.strided


def run_on(run, arrays, ranges, backend, device_id, memory=None, out=None):
    """Runs a compiled formula on tensors, or on their memory if it is known."""
    made, copies = [], []
    first = arrays[0] if arrays else torch.empty(0)
    # Kept until the call is over, for memory is an address and no more.
    ranges = [None if part is None else part.cpu() for part in ranges]
    device, stream = -1, None
    if first.is_cuda:
        device = first.get_device()
        stream = torch.cuda.current_stream(first.device).cuda_stream

    def empty(shape, dtype, _):
        result = first.new_empty(shape, dtype=_DTYPES[dtype])
        made.append(result)
        return _binding.Memory(result.data_ptr(), shape, result.stride(), dtype, device)

    def copy(index):
        copies.append(arrays[index].contiguous())
        return memory_of(copies[-1])

    run(
        memory or tuple(map(memory_of, arrays)),
        out,
        tuple(part if part is None else memory_of(part) for part in ranges) or None,
        _genred.backend_number(backend),
        _genred.device_number(device_id),
        stream,
        empty,
        copy,
    )
    return made


def memory_of(tensor):
    """The one place that knows where tensors are. DLPack would take 10 us for each
    where this takes less than 1."""
    if tensor.is_cpu:
        device = -1
    elif tensor.is_cuda:
        device = tensor.get_device()
    else:
        raise ValueError(
            f"a tensor is on the device '{tensor.device}'; keopsc.torch takes those "
            "on 'cpu' or 'cuda'"
        )
    if tensor.layout is not _STRIDED:
        raise ValueError(f"a tensor is {tensor.layout}; use to_dense()")
    if tensor.is_neg():  # its numbers have another sign than those in its memory
        raise ValueError("a tensor has its negative bit set; use resolve_neg()")
    dtype = tensor.dtype
    return _binding.Memory(
        tensor.data_ptr(),
        tensor.shape,
        tensor.stride(),
        _NAMES[dtype] if dtype in _NAMES else str(dtype).removeprefix("torch."),
        device,
    )


@library.impl("keopsc::reduce", "default")
def _reduce(formula, arrays, ranges, backend, device_id):
    return run_on(formula_of(formula), arrays, ranges, backend, device_id)


@library.register_fake("keopsc::reduce")
def _reduce_fake(formula, arrays, ranges, backend, device_id):
    """The shapes of results. Arguments are checked when there are some."""
    batches, rows = [], {0: 1, 1: 1, 2: 1}
    for array, (_, axis, _) in zip(arrays, inputs_of(formula), strict=True):
        if axis:
            rows[axis] = array.shape[-2]
        batches.append(array.shape[:-2] if axis else array.shape[:-1])
    batch = torch.broadcast_shapes(*batches)
    results = []
    for axis, is_index, shape in outputs_of(formula):
        own_rows = (rows[axis],) if axis else ()
        dtype = torch.int64 if is_index else arrays[0].dtype
        results.append(arrays[0].new_empty((*batch, *own_rows, *shape), dtype=dtype))
    return results
