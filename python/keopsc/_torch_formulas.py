"""What follows from the text of a formula, for keopsc.torch.

The text is a Formula as JSON. What follows from it is looked up, and is a constant
for programs that torch.compile makes.
"""

import functools
import json

from keopsc import _binding


@functools.lru_cache(maxsize=1024)
def formula_of(text):
    return _binding.Formula(**json.loads(text))


@functools.lru_cache(maxsize=1024)
def _tables(text):
    return formula_of(text).describe()


@functools.lru_cache(maxsize=1024)
def _gradient(text, output, variables, takes_result):
    fields = json.loads(text)
    gradients = fields["gradients"]
    if gradients:  # each of them has been asked for by name
        gradients[-1] = gradients[-1].split(", ")[output]
    else:
        fields["takes_result"] = takes_result
    inputs, _ = _tables(text)
    gradients.append(", ".join(inputs[index][0] for index in variables))
    return json.dumps(fields)


@functools.lru_cache(maxsize=1024)
def _gradient_takes_result(text):
    inputs, outputs = _tables(text)
    is_gradient, is_index = json.loads(text)["gradients"], outputs[0][1]
    if is_gradient or is_index or len(outputs) > 1:
        return False
    along_first, _ = _tables(_gradient(text, 0, (0,), True))
    return len(along_first) == len(inputs) + 2


def _constant(function):
    """torch.compiler.assume_constant_result, without its import of the compiler,
    which takes seconds."""
    function._dynamo_marked_constant = True
    return function


@_constant
def inputs_of(text):
    """(name, axis, dimension) for each."""
    return _tables(text)[0]


@_constant
def outputs_of(text):
    """(axis, are they row numbers, shape of one row) for each."""
    return _tables(text)[1]


@_constant
def along(text, output, *variables, takes_result=False):
    """The text of the derivative of one output along inputs. It takes the seed as
    one more input and, if it may and that saves a sweep, the output."""
    return _gradient(text, output, variables, takes_result)


@_constant
def derives_from_result(text):
    """Do derivatives take the output?"""
    return _gradient_takes_result(text)
