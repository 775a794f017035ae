//! Least squares with what LAPACK's divide and conquer makes of a singular value of zero.

use nalgebra::linalg::SVD;
use nalgebra::{DMatrix, DVector, Dyn, Reflection, U1, Unit, VecStorage};

use super::least_squares::{LeastSquares, STEPS, centred, least_squares};
use super::{LinearModel, dot};
use crate::error::Error;

/// Features up to which the problem is not divided (`SMLSIZ` of LAPACK's `ilaenv`).
const UNDIVIDED: usize = 25;

/// Greatest relative error of rounding (`dlamch('Epsilon')`): half of ε.
const ROUNDING: f64 = f64::EPSILON / 2.0;

/// Fits a linear model with intercept as [`least_squares`], and rounds as LAPACK's `gelsd` where it shows
/// most: with more than 25 features of which the first is constant, as the constant that
/// [`polynomial_features`](crate::polynomial_features) puts there.
///
/// A constant feature is a column of zeros once it is centred, and a singular value of zero. LAPACK
/// (routines `dlalsd`, `dlasda`, `dlasd7`) reduces the features to two diagonals, takes the middle
/// equation out, decomposes the halves and puts all together again. On the way it raises what is zero:
/// first the diagonal element, to the rounding error of the largest one; then what the middle equation
/// says of the constant feature, to 64 times that of the largest singular value. The singular value then
/// comes out as some 2e-16 times the largest, near the 2.2e-16 below which it counts as zero. Where it is
/// above, it counts: the middle equation is fulfilled by a huge coefficient of the constant feature, and
/// so is lost for all others.
///
/// The coefficient of the constant feature changes no prediction, and is left 0. Signs are those of
/// LAPACK before 3.10, when plane rotations (`dlartg`) got others. In all other cases, and where more
/// than the one singular value is as small, the fit is that of [`least_squares`].
///
/// Source: the routines named above; Gu and Eisenstat, "A divide-and-conquer algorithm for the bidiagonal
/// SVD", SIAM J. Matrix Anal. Appl. 16, 1995.
///
/// # Errors
///
/// As [`least_squares`].
pub fn gelsd_least_squares(features: &[Vec<f64>], target: &[f64]) -> Result<LeastSquares, Error> {
    let mut fit = least_squares(features, target)?;
    let columns = features.len();
    if columns <= UNDIVIDED || target.len() < columns || fit.rank + 1 != columns {
        return Ok(fit);
    }
    let (matrix, right, means, mean_target) = centred(features, target);
    let Some(divided) = TwoDiagonals::of(matrix, right).divided()? else { return Ok(fit) };
    let largest = fit.singular_values.first().copied().unwrap_or(0.0);
    if let Some(last) = fit.singular_values.last_mut() {
        *last = divided.singular_value;
    }
    if divided.singular_value <= f64::EPSILON * largest {
        return Ok(fit);
    }
    let mut coefficients = divided.coefficients;
    coefficients[0] = 0.0;
    let model = LinearModel { intercept: mean_target - dot(&coefficients, &means), coefficients };
    Ok(LeastSquares { model, rank: columns, ..fit })
}

type Householder = Reflection<f64, Dyn, VecStorage<f64, Dyn, U1>>;

/// The reflection that leaves of a vector its first element alone, with the sign of LAPACK's `dlarfg`;
/// none if that is so already.
fn reflection(vector: DVector<f64>) -> Option<Householder> {
    if vector.iter().skip(1).all(|element| *element == 0.0) {
        return None;
    }
    let mut axis = vector;
    axis[0] += axis.norm().copysign(axis[0]);
    Some(Reflection::new(Unit::new_normalize(axis), 0.0))
}

/// Equations of which all coefficients but those on the diagonal and right of it are zero.
struct TwoDiagonals {
    diagonal: Vec<f64>,
    above: Vec<f64>,
    right: Vec<f64>,
    /// The unknowns as combinations of the original ones, column by column.
    unknowns: DMatrix<f64>,
}

impl TwoDiagonals {
    /// Reduces equations by reflections (Golub and Van Loan, "Matrix computations", 2013, 5.4.8), after
    /// they were made a triangle.
    fn of(mut matrix: DMatrix<f64>, mut right: DVector<f64>) -> Self {
        let (rows, columns) = matrix.shape();
        for at in 0..columns {
            if let Some(left) = reflection(matrix.view((at, at), (rows - at, 1)).column(0).into_owned()) {
                left.reflect(&mut matrix.view_mut((at, at), (rows - at, columns - at)));
                left.reflect(&mut right.rows_mut(at, rows - at));
            }
        }
        let mut matrix = matrix.rows(0, columns).upper_triangle();
        let mut right = right.rows(0, columns).into_owned();
        let mut unknowns = DMatrix::identity(columns, columns);
        for at in 0..columns {
            let (below, beside) = (columns - at, columns - at - 1);
            if let Some(left) = reflection(matrix.view((at, at), (below, 1)).column(0).into_owned()) {
                left.reflect(&mut matrix.view_mut((at, at), (below, below)));
                left.reflect(&mut right.rows_mut(at, below));
            }
            if beside < 2 {
                continue;
            }
            if let Some(along) = reflection(matrix.view((at, at + 1), (1, beside)).row(0).transpose()) {
                let mut work = DVector::zeros(columns);
                along.reflect_rows(&mut matrix.columns_mut(at + 1, beside), &mut work);
                along.reflect_rows(&mut unknowns.columns_mut(at + 1, beside), &mut work);
            }
        }
        Self {
            diagonal: (0..columns).map(|at| matrix[(at, at)]).collect(),
            above: (1..columns).map(|at| matrix[(at - 1, at)]).collect(),
            right: right.iter().copied().collect(),
            unknowns,
        }
    }

    /// What LAPACK makes of equations without the first unknown; `None` if they have it, or if other
    /// elements are so small that it would divide them otherwise.
    fn divided(mut self) -> Result<Option<Divided>, Error> {
        let count = self.diagonal.len();
        let greatest = self.diagonal.iter().chain(&self.above).fold(0.0_f64, |most, element| most.max(element.abs()));
        let negligible = |element: &&f64| element.abs() < ROUNDING * greatest;
        let others = self.diagonal.iter().skip(1).chain(&self.above);
        if self.diagonal.first() != Some(&0.0) || others.filter(negligible).count() > 0 {
            return Ok(None);
        }
        self.diagonal[0] = ROUNDING * greatest;

        let middle = count / 2;
        let (left, right) = (0..middle, middle + 1..count);
        let (to_left, to_right) = (self.diagonal[middle], self.above[middle]);
        let (diagonal, above) = (&self.diagonal[left.clone()], &self.above[left.clone()]);
        let divisions = (count / (UNDIVIDED + 1)).ilog2();
        let Some(free) = free_unknown(diagonal, above, divisions, 64.0 * ROUNDING * greatest) else { return Ok(None) };

        // What the middle equation says of the free unknown of the left half is raised.
        let of_halves =
            [self.greatest_singular_value(left.clone(), 1)?, self.greatest_singular_value(right.clone(), 0)?];
        let greatest = of_halves.iter().fold(to_left.abs().max(to_right.abs()), |most, value| most.max(*value));
        let (least, told) = (64.0 * ROUNDING * greatest, to_left * free[middle]);
        let told = if told.abs() <= least { least } else { told };

        // The combination of equations in which the free unknown alone is left: the middle one, less what
        // the halves say of the unknowns beside it.
        let mut weights = vec![0.0; middle];
        let wanted = |at: usize| to_left * (f64::from(u8::from(at == middle)) - free[at] * free[middle]);
        for at in left.clone().rev() {
            let known = if at + 1 < middle { diagonal[at + 1] * weights[at + 1] } else { 0.0 };
            weights[at] = (wanted(at + 1) - known) / above[at];
        }
        let mut weight = to_right / self.diagonal[middle + 1];
        weights.push(1.0);
        weights.push(weight);
        for at in right.clone().skip(1) {
            weight *= -self.above[at - 1] / self.diagonal[at];
            weights.push(weight);
        }
        let singular_value = told.abs() / dot(&weights, &weights).sqrt();

        // The halves by themselves: of the left one the least solution, which has no part of the free unknown.
        let mut solution = vec![0.0; count];
        for at in left {
            solution[at + 1] = (self.right[at] - self.diagonal[at] * solution[at]) / self.above[at];
        }
        let part = dot(&free, &solution[..=middle]);
        solution.iter_mut().zip(&free).for_each(|(value, free)| *value -= part * free);
        for at in right.rev() {
            let known = if at + 1 < count { self.above[at] * solution[at + 1] } else { 0.0 };
            solution[at] = (self.right[at] - known) / self.diagonal[at];
        }
        let rest = self.right[middle] - to_left * solution[middle] - to_right * solution[middle + 1];
        solution.iter_mut().zip(&free).for_each(|(value, free)| *value += rest / told * free);
        let coefficients = &self.unknowns * DVector::from_vec(solution);
        Ok(Some(Divided { singular_value, coefficients: coefficients.iter().copied().collect() }))
    }

    /// Of the equations of a range, which reach `beyond` unknowns further.
    fn greatest_singular_value(&self, range: std::ops::Range<usize>, beyond: usize) -> Result<f64, Error> {
        let (start, count) = (range.start, range.len());
        let matrix = DMatrix::from_fn(count, count + beyond, |row, column| match column {
            column if column == row => self.diagonal[start + row],
            column if column == row + 1 => self.above[start + row],
            _ => 0.0,
        });
        let values = SVD::try_new(matrix, false, false, f64::EPSILON, STEPS * count);
        values.map(|of| of.singular_values.max()).ok_or(Error::NoConvergence { what: "the singular values" })
    }
}

/// Equations as LAPACK solves them in halves.
struct Divided {
    /// That of the first unknown, which in truth is zero.
    singular_value: f64,
    /// The original unknowns, if that singular value counts.
    coefficients: Vec<f64>,
}

/// The combination of unknowns, with length 1, of which equations on two diagonals tell nothing: they have
/// one unknown more than there are equations. Its sign is that with which LAPACK finds it after dividing
/// the equations so many times; `None` if where they are divided its parts are as small as `least`.
fn free_unknown(diagonal: &[f64], above: &[f64], divisions: u32, least: f64) -> Option<Vec<f64>> {
    if divisions == 0 {
        // One plane rotation for each equation (`dlasdq`).
        let mut free = vec![1.0];
        let mut cosine = 1.0;
        for (element, beside) in diagonal.iter().zip(above) {
            let sine;
            (cosine, sine) = rotation(cosine * element, *beside);
            free.iter_mut().for_each(|part| *part *= -sine);
            free.push(cosine);
        }
        return Some(free);
    }
    let middle = diagonal.len() / 2;
    let left = free_unknown(&diagonal[..middle], &above[..middle], divisions - 1, least)?;
    let right = free_unknown(&diagonal[middle + 1..], &above[middle + 1..], divisions - 1, least)?;
    let (of_left, of_right) = (diagonal[middle] * left[middle], above[middle] * right[0]);
    let size = (of_left * of_left + of_right * of_right).sqrt();
    let parts = left.iter().map(|part| part * -of_right / size).chain(right.iter().map(|part| part * of_left / size));
    (size > least).then(|| parts.collect())
}

/// Cosine and sine of the rotation that turns (`along`, `across`) to (length, 0), with the signs of `dlartg`
/// before LAPACK 3.10.
fn rotation(along: f64, across: f64) -> (f64, f64) {
    if across == 0.0 {
        return (1.0, 0.0);
    }
    if along == 0.0 {
        return (0.0, 1.0);
    }
    let length = (along * along + across * across).sqrt();
    let length = if along.abs() > across.abs() { length.copysign(along) } else { length };
    (along / length, across / length)
}
