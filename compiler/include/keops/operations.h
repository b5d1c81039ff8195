// Printed by `keopsc --list-ops=cpp`. Included by keops/formula.h,
// which says what KEOPS_OPERATION is.
// clang-format off

/// Abs(x): absolute value
KEOPS_OPERATION(abs, Abs)

/// Acos(x): arc cosine
KEOPS_OPERATION(acos, Acos)

/// Add(a, b): a + b
KEOPS_OPERATION(add, Add)

/// ArgMax(x): number of the greatest component
KEOPS_OPERATION(argmax, ArgMax)

/// ArgMin(x): number of the least component
KEOPS_OPERATION(argmin, ArgMin)

/// Asin(x): arc sine
KEOPS_OPERATION(asin, Asin)

/// Atan(x): arc tangent
KEOPS_OPERATION(atan, Atan)

/// Atan2(a, b): angle of the point (b, a)
KEOPS_OPERATION(atan2, Atan2)

/// BSpline(knots, x, k): all B-splines of order k over the knots, at x
KEOPS_OPERATION(bspline, BSpline)

/// Clamp(x, a, b): a if x < a, else b if x > b, else x
KEOPS_OPERATION(clamp, Clamp)

/// ClampInt(x, a, b): x between the integers a and b
KEOPS_OPERATION(clampint, ClampInt)

/// Complex(a, b): real parts a, imaginary parts b
KEOPS_OPERATION(complex, Complex)

/// ComplexImag(x): imaginary parts of pairs
KEOPS_OPERATION(compleximag, ComplexImag)

/// ComplexReal(x): real parts of pairs
KEOPS_OPERATION(complexreal, ComplexReal)

/// Concat(a, b): the components of a, then of b
KEOPS_OPERATION(concat, Concat)

/// Cos(x): cosine
KEOPS_OPERATION(cos, Cos)

/// DiffClampInt(x, a, b): 0 if x < a or x > b, else 1
KEOPS_OPERATION(diffclampint, DiffClampInt)

/// Divide(a, b): a / b
KEOPS_OPERATION(divide, Divide)

/// Equal(a, b): 1 if a = b, else 0
KEOPS_OPERATION(equal, Equal)

/// Exp(x): e^x
KEOPS_OPERATION(exp, Exp)

/// Extract(x, start, size): `size` components from `start` on
KEOPS_OPERATION(extract, Extract)

/// ExtractT(x, start, size): x from component `start` on, zeros elsewhere
KEOPS_OPERATION(extractt, ExtractT)

/// Floor(x): largest integer that is not above x
KEOPS_OPERATION(floor, Floor)

/// GradSoftDTW_SqDist(x, y, gamma): gradient of SoftDTW_SqDist along x, then along y
KEOPS_OPERATION(gradsoftdtw_sqdist, GradSoftDTW_SqDist)

/// IfElse(c, a, b): a if c >= 0, else b
KEOPS_OPERATION(ifelse, IfElse)

/// Inv(x): 1 / x
KEOPS_OPERATION(inv, Inv)

/// Kron(a, b, dimsf, dimsg): Kronecker product of tensors a and b
KEOPS_OPERATION(kron, Kron)

/// LessOrEqual(a, b): 1 if a <= b, else 0
KEOPS_OPERATION(lessorequal, LessOrEqual)

/// LessThan(a, b): 1 if a < b, else 0
KEOPS_OPERATION(lessthan, LessThan)

/// Log(x): natural logarithm
KEOPS_OPERATION(log, Log)

/// MatVecMult(a, b): matrix a (rows of d(b) components) times b
KEOPS_OPERATION(matvecmult, MatVecMult)

/// Max(x): greatest component
KEOPS_OPERATION(max, Max)

/// Min(x): least component
KEOPS_OPERATION(min, Min)

/// Minus(x): -x
KEOPS_OPERATION(minus, Minus)

/// Mod(f, m, off): f - m floor((f - off) / m): from off to off + m
KEOPS_OPERATION(mod, Mod)

/// Mult(a, b): a * b
KEOPS_OPERATION(mult, Mult)

/// NotEqual(a, b): 0 if a = b, else 1
KEOPS_OPERATION(notequal, NotEqual)

/// OneHot(x, size): 1 at the component whose number x is nearest to, of `size`
KEOPS_OPERATION(onehot, OneHot)

/// Pow(x, exponent): x to an integer power
KEOPS_OPERATION(pow, Pow)

/// Powf(a, b): a to the power b
KEOPS_OPERATION(powf, Powf)

/// ReLU(x): 0 if x < 0, else x
KEOPS_OPERATION(relu, ReLU)

/// Round(x, d): x to d decimals; halves away from zero
KEOPS_OPERATION(round, Round)

/// Rsqrt(x): 1 / sqrt(x), and 0 at 0
KEOPS_OPERATION(rsqrt, Rsqrt)

/// Scalprod(a, b): sum of a_k b_k
KEOPS_OPERATION(scalprod, Scalprod)

/// Sign(x): -1, 0 or 1; 0 for NaN
KEOPS_OPERATION(sign, Sign)

/// Sin(x): sine
KEOPS_OPERATION(sin, Sin)

/// SinXDivX(x): sin(x) / x, and 1 at 0
KEOPS_OPERATION(sinxdivx, SinXDivX)

/// SoftDTW_SqDist(x, y, gamma): soft dynamic time warping of sequences x and y
KEOPS_OPERATION(softdtw_sqdist, SoftDTW_SqDist)

/// SqNorm2(x): sum of the squared components
KEOPS_OPERATION(sqnorm2, SqNorm2)

/// Sqrt(x): square root
KEOPS_OPERATION(sqrt, Sqrt)

/// Square(x): x^2
KEOPS_OPERATION(square, Square)

/// Step(x): 0 if x < 0, else 1
KEOPS_OPERATION(step, Step)

/// Subtract(a, b): a - b
KEOPS_OPERATION(subtract, Subtract)

/// Sum(x): sum of the components
KEOPS_OPERATION(sum, Sum)

/// SumT(x, size): `size` components, each of them x
KEOPS_OPERATION(sumt, SumT)

/// TensorDot(a, b, dimsf, dimsg, contf, contg, permute): a and b as tensors, summed over axes contf and contg
KEOPS_OPERATION(tensordot, TensorDot)

/// TensorProd(a, b): a_k b_l for all k and l
KEOPS_OPERATION(tensorprod, TensorProd)

/// VecMatMult(a, b): a times matrix b (of d(a) rows)
KEOPS_OPERATION(vecmatmult, VecMatMult)

/// XLogX(x): x log x, and 0 at 0
KEOPS_OPERATION(xlogx, XLogX)

/// SqDist(f, g): squared distance
KEOPS_OPERATION(sqdist, SqDist)

/// Norm2(f): Euclidean norm
KEOPS_OPERATION(norm2, Norm2)

/// Normalize(f): f divided by its norm; 0 at 0
KEOPS_OPERATION(normalize, Normalize)

/// Elem(f, m): component m of f, counted from 0
KEOPS_OPERATION(elem, Elem)

/// ElemT(f, n, m): n components: f at place m, zeros elsewhere
KEOPS_OPERATION(elemt, ElemT)

/// IntCst(n): the number n
KEOPS_OPERATION(intcst, IntCst)

/// IntInv(n): the number 1 / n
KEOPS_OPERATION(intinv, IntInv)

/// RatCst(p, q): the number p / q
KEOPS_OPERATION(ratcst, RatCst)

/// Zero(d): d zeros
KEOPS_OPERATION(zero, Zero)

/// Factorize(f, g): f; what occurs twice is always computed once
KEOPS_OPERATION(factorize, Factorize)

/// AutoFactorize(f): f; what occurs twice is always computed once
KEOPS_OPERATION(autofactorize, AutoFactorize)

/// SqNormIso(s, f): s |f|^2
KEOPS_OPERATION(sqnormiso, SqNormIso)

/// SqNormDiag(s, f): sum of s_k f_k^2
KEOPS_OPERATION(sqnormdiag, SqNormDiag)

/// SymSqNorm(A, f): sum of A_kl f_k f_l, for a symmetric matrix A
KEOPS_OPERATION(symsqnorm, SymSqNorm)

/// WeightedSqNorm(s, f): SqNormIso, SqNormDiag or SymSqNorm, by the dimension of s
KEOPS_OPERATION(weightedsqnorm, WeightedSqNorm)

/// WeightedSqDist(s, f, g): WeightedSqNorm of f - g
KEOPS_OPERATION(weightedsqdist, WeightedSqDist)

/// Real2Complex(f): f + 0i
KEOPS_OPERATION(real2complex, Real2Complex)

/// Imag2Complex(f): 0 + f i
KEOPS_OPERATION(imag2complex, Imag2Complex)

/// Conj(f): complex conjugates
KEOPS_OPERATION(conj, Conj)

/// ComplexSquareAbs(f): squared moduli
KEOPS_OPERATION(complexsquareabs, ComplexSquareAbs)

/// ComplexAbs(f): moduli
KEOPS_OPERATION(complexabs, ComplexAbs)

/// ComplexAngle(f): angles of complex numbers
KEOPS_OPERATION(complexangle, ComplexAngle)

/// ComplexExp(f): e^f for complex numbers
KEOPS_OPERATION(complexexp, ComplexExp)

/// ComplexExp1j(f): e^(i f) for real numbers f
KEOPS_OPERATION(complexexp1j, ComplexExp1j)

/// ComplexAdd(f, g): f + g for complex numbers
KEOPS_OPERATION(complexadd, ComplexAdd)

/// ComplexSubtract(f, g): f - g for complex numbers
KEOPS_OPERATION(complexsubtract, ComplexSubtract)

/// ComplexMult(f, g): f g for complex numbers
KEOPS_OPERATION(complexmult, ComplexMult)

/// ComplexDivide(f, g): f / g for complex numbers
KEOPS_OPERATION(complexdivide, ComplexDivide)

/// ComplexRealScale(f, g): complex numbers f times real numbers g
KEOPS_OPERATION(complexrealscale, ComplexRealScale)

/// ComplexRealScal(f, g): a real number times complex numbers, in any order
KEOPS_OPERATION(complexrealscal, ComplexRealScal)

/// ComplexSum(f): sum of complex numbers
KEOPS_OPERATION(complexsum, ComplexSum)

/// ComplexSumT(f, d): d components: the complex number f, repeated
KEOPS_OPERATION(complexsumt, ComplexSumT)
