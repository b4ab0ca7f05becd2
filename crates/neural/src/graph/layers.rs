//! Convolutions and pools.

use super::node::{Node, Outcome, step};
use super::recurrent::gru;
use super::{Step, Values};
use kmidi_kernels::filters::Filters;

pub(super) fn build(node: &Node<'_>) -> Option<Outcome> {
    Some(match node.operator() {
        "Conv" => conv(node),
        "MaxPool" => pool(node, Pool::Max),
        "AveragePool" => pool(node, Pool::Mean),
        "GRU" => gru(node),
        _ => return None,
    })
}

/// How a window moves over the last two axes; a tensor with one such axis gets another of length 1 before it.
struct Window {
    /// Of the operand: rows and columns.
    size: [usize; 2],
    kernel: [usize; 2],
    out: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// Rows above and columns before.
    pads: [usize; 2],
}

impl Window {
    fn new(node: &Node<'_>, places: &[usize], kernel: &[usize]) -> Result<Self, String> {
        if !matches!(places.len(), 1 | 2) || kernel.len() != places.len() {
            return Err("one or two dimensions are known".into());
        }
        if node.text("auto_pad").is_some_and(|way| way != b"NOTSET") || node.int("ceil_mode", 0) != 0 {
            return Err("auto_pad and ceil_mode are not known; give pads".into());
        }
        let dimensions = places.len();
        let read = |name: &str, default: usize, from: usize| -> Result<[usize; 2], String> {
            let mut all = [default; 2];
            let Some(given) = node.ints(name) else { return Ok(all) };
            let part = given
                .get(from..from + dimensions)
                .ok_or_else(|| format!("{name} has {} numbers", given.len()))?;
            for (slot, &number) in all[2 - dimensions..].iter_mut().zip(part) {
                *slot = usize::try_from(number).map_err(|_| format!("{name} of {number}"))?;
            }
            Ok(all)
        };
        let wide = |of: &[usize]| if let [rows, columns] = *of { [rows, columns] } else { [1, of[0]] };
        let (size, kernel) = (wide(places), wide(kernel));
        let (stride, dilation) = (read("strides", 1, 0)?, read("dilations", 1, 0)?);
        let (pads, after) = (read("pads", 0, 0)?, read("pads", 0, dimensions)?);
        let mut out = [0; 2];
        for at in 0..2 {
            let reach = dilation[at] * (kernel[at].max(1) - 1) + 1;
            let room = (size[at] + pads[at] + after[at])
                .checked_sub(reach)
                .filter(|_| stride[at] > 0 && kernel[at] > 0);
            out[at] = room.ok_or("the window is larger than what it moves over")? / stride[at] + 1;
        }
        Ok(Self { size, kernel, out, stride, dilation, pads })
    }

    fn shape(&self, front: [usize; 2], dimensions: usize) -> Vec<usize> {
        [&front[..], &self.out[2 - dimensions..]].concat()
    }

    /// Where a tap of the kernel lies for outputs `from..to` along one axis, and the first place in the operand.
    fn reach(&self, at: usize, tap: usize) -> (usize, usize, usize) {
        let shift = tap * self.dilation[at];
        let from = self.pads[at].saturating_sub(shift).div_ceil(self.stride[at]).min(self.out[at]);
        let most = (self.size[at] + self.pads[at]).saturating_sub(shift).div_ceil(self.stride[at]);
        let to = most.clamp(from, self.out[at]);
        (from, to, (from * self.stride[at] + shift).saturating_sub(self.pads[at]))
    }

    /// Calls `row` with each tap, output row, range of outputs in it, and where in the operand's plane they begin.
    fn each(&self, mut row: impl FnMut(usize, core::ops::Range<usize>, usize)) {
        for tap in 0..self.kernel[0] * self.kernel[1] {
            let (down, across) = (tap / self.kernel[1], tap % self.kernel[1]);
            let (top, bottom, first) = self.reach(0, down);
            let (left, right, column) = self.reach(1, across);
            for y in top..bottom {
                let from = (first + (y - top) * self.stride[0]) * self.size[1] + column;
                row(tap, y * self.out[1] + left..y * self.out[1] + right, from);
            }
        }
    }

    fn plane(&self) -> usize {
        self.size[0] * self.size[1]
    }

    fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }
}

struct Conv {
    of: usize,
    window: Window,
    /// One for each group of channels.
    groups: Box<[Filters]>,
    /// Channels that a group sees.
    inputs: usize,
    under: Under,
    /// Where in that what lies under each tap begins, channel by channel.
    starts: Box<[usize]>,
}

/// What lies under the taps of a group.
enum Under {
    /// The channels as they are.
    Channels,
    /// The channels, each in a row with room for what is added before and after: so long.
    Rows(usize, Box<[f32]>),
    /// A row for each channel and tap.
    Taps(Box<[f32]>),
}

impl Under {
    /// The plainest way for a window over `inputs` channels, and where in it each tap begins.
    fn new(window: &Window, inputs: usize) -> (Self, Box<[usize]>) {
        let (taps, stride) = (window.taps(), Filters::stride(window.out[0] * window.out[1]));
        let channels = |row: usize, apart: usize| {
            (0..inputs * taps).map(|tap| tap / taps * row + tap % taps * apart).collect()
        };
        let line =
            window.size[0] == 1 && window.kernel[0] == 1 && window.stride[1] == 1 && window.out[0] == 1;
        if line && taps == 1 && window.pads == [0, 0] && window.plane() == stride {
            return (Under::Channels, channels(stride, 0));
        }
        if line {
            let apart = window.dilation[1];
            let row = ((taps - 1) * apart + stride).max(window.pads[1] + window.plane());
            return (Under::Rows(row, vec![0.0; inputs * row].into()), channels(row, apart));
        }
        (Under::Taps(vec![0.0; inputs * taps * stride].into()), channels(taps * stride, stride))
    }

    /// Puts the numbers of a group's channels in their places. Places under no number stay 0 from run to run.
    fn fill<'a>(&'a mut self, window: &Window, numbers: &'a [f32]) -> &'a [f32] {
        let plane = window.plane();
        match self {
            Under::Channels => numbers,
            Under::Rows(row, rows) => {
                for (row, from) in rows.chunks_exact_mut(*row).zip(numbers.chunks_exact(plane)) {
                    row[window.pads[1]..][..plane].copy_from_slice(from);
                }
                rows
            }
            Under::Taps(columns) => {
                let stride = Filters::stride(window.out[0] * window.out[1]);
                let rows = columns.chunks_exact_mut(window.taps() * stride);
                for (rows, from) in rows.zip(numbers.chunks_exact(plane)) {
                    window.each(|tap, range, first| {
                        let (row, from) = (&mut rows[tap * stride..][range], &from[first.min(plane)..]);
                        match window.stride[1] {
                            1 => row.copy_from_slice(&from[..row.len()]),
                            by => {
                                row.iter_mut().zip(from.iter().step_by(by)).for_each(|(slot, &x)| *slot = x);
                            }
                        }
                    });
                }
                columns
            }
        }
    }
}

impl Step for Conv {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let (numbers, window) = (values.of(self.of), &self.window);
        let places = window.out[0] * window.out[1];
        let each = out.len() / self.groups.len();
        let seen = numbers.chunks_exact(self.inputs * window.plane());
        for ((group, out), numbers) in self.groups.iter().zip(out.chunks_exact_mut(each)).zip(seen) {
            let done = group.run(self.under.fill(window, numbers), &self.starts, places, out);
            debug_assert!(done.is_ok(), "{done:?}");
        }
    }
}

fn conv(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let (shape, weights) = node.constant(1)?;
    let (&[1, channels, ref places @ ..], &[outputs, inputs, ref kernel @ ..]) = (of.shape, shape) else {
        return Err(format!("{:?} with weights {shape:?}; one item a batch is known", of.shape));
    };
    let groups = usize::try_from(node.int("group", 1)).unwrap_or(0);
    if groups == 0 || channels != inputs * groups || outputs % groups != 0 {
        return Err(format!("{channels} channels with weights {shape:?} in {groups} groups"));
    }
    let bias: Box<[f32]> =
        if node.optional(2).is_some() { node.constant(2)?.1.into() } else { vec![0.0; outputs].into() };
    if bias.len() != outputs {
        return Err(format!("{} biases for {outputs} channels", bias.len()));
    }
    let window = Window::new(node, places, kernel)?;
    let together = outputs / groups;
    let made = window.shape([1, outputs], places.len());
    let taps = inputs * window.taps();
    let parts = weights.chunks_exact(together * taps).zip(bias.chunks_exact(together));
    let groups = parts.map(|(weights, bias)| Filters::new(taps, weights, bias));
    let groups = groups.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let (under, starts) = Under::new(&window, inputs);
    Ok(step(made, Conv { of: of.value, window, groups, inputs, under, starts }))
}

#[derive(Clone, Copy, PartialEq)]
enum Pool {
    Max,
    Mean,
}

struct Pooled {
    of: usize,
    window: Window,
    kind: Pool,
    /// How many numbers each place of a mean is made of.
    counts: Box<[f32]>,
}

impl Step for Pooled {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let (numbers, window, kind) = (values.of(self.of), &self.window, self.kind);
        let channels = out.chunks_exact_mut(window.out[0] * window.out[1]);
        for (out, from) in channels.zip(numbers.chunks_exact(window.plane())) {
            out.fill(if kind == Pool::Max { f32::NEG_INFINITY } else { 0.0 });
            window.each(|_, range, first| {
                let under = from[first.min(from.len())..].iter().step_by(window.stride[1]);
                let pairs = out[range].iter_mut().zip(under);
                match kind {
                    Pool::Max => {
                        pairs.for_each(|(out, &x)| *out = if x > *out || x.is_nan() { x } else { *out });
                    }
                    Pool::Mean => pairs.for_each(|(out, &x)| *out += x),
                }
            });
            if kind == Pool::Mean {
                out.iter_mut().zip(&self.counts).for_each(|(out, count)| *out /= count);
            }
        }
    }
}

fn pool(node: &Node<'_>, kind: Pool) -> Outcome {
    let of = node.operand(0)?;
    let &[batch, channels, ref places @ ..] = of.shape else { return Err("needs channels".into()) };
    let kernel = node.ints("kernel_shape").ok_or("no kernel_shape")?;
    let kernel: Vec<usize> = kernel.iter().map(|&length| usize::try_from(length).unwrap_or(0)).collect();
    let window = Window::new(node, places, &kernel)?;
    let mut counts = vec![0.0; window.out[0] * window.out[1]];
    window.each(|_, range, _| counts[range].iter_mut().for_each(|count| *count += 1.0));
    if node.int("count_include_pad", 0) != 0 {
        counts.fill(window.taps() as f32);
    }
    let shape = window.shape([batch, channels], places.len());
    Ok(step(shape, Pooled { of: of.value, window, kind, counts: counts.into() }))
}
