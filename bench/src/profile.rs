//! What a profile's samples amount to: shares by shared object and by what the code is for.

use std::collections::BTreeMap;

use serde::Serialize;

/// What code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Convolutions and matrix products that oneDNN (or MKL) generates at run time: code in anonymous memory.
    JitKernels,
    /// All else in libtorch_cpu that computes: ATen's loops, oneDNN, MKL.
    LibtorchKernels,
    /// train/src/kernels, C++.
    AugurKernels,
    /// Dispatch, autograd, tensors' bookkeeping, tch's shim, the allocator with libc's malloc.
    LibtorchOverhead,
    /// Starting and joining threads.
    Threads,
    /// memcpy, memset and memmove.
    Copies,
    Rust,
    /// Page faults above all; on a busy machine, changes of process.
    Kernel,
    Other,
}

impl Group {
    /// As in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::JitKernels => "libtorch's kernels: generated code (oneDNN's JIT)",
            Self::LibtorchKernels => "libtorch's kernels: compiled",
            Self::AugurKernels => "augur's kernels (train/src/kernels)",
            Self::LibtorchOverhead => "libtorch's dispatch, autograd and allocator",
            Self::Threads => "OpenMP",
            Self::Copies => "memcpy, memset, memmove",
            Self::Rust => "Rust",
            Self::Kernel => "Linux (page faults, scheduling)",
            Self::Other => "other",
        }
    }
}

/// One sample: the function that ran, and the object that holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    pub symbol: String,
    /// Without its folder.
    pub object: String,
}

impl Sample {
    /// From a line of `perf script -F ip,sym,dso`: "7f2e548fe6bd symbol (object)". None of any other line.
    pub fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.trim().split_once(' ')?;
        let (symbol, object) = rest.strip_suffix(')')?.rsplit_once('(')?;
        Some(Self {
            symbol: symbol.trim().to_owned(),
            object: object_name(object),
        })
    }

    /// What the code is for, where `program` is the name of the profiled executable.
    pub fn group(&self, program: &str) -> Group {
        let name = qualified_name(&self.symbol);
        let object = self.object.as_str();
        if is_generated(object) {
            Group::JitKernels
        } else if object.starts_with('[') {
            Group::Kernel
        } else if object.starts_with("libgomp") || object.starts_with("libiomp") {
            Group::Threads
        } else if object.starts_with("libc10") {
            Group::LibtorchOverhead
        } else if object.starts_with("libtorch") {
            libtorch(&self.symbol)
        } else if object.starts_with("libc.") || object.starts_with("ld-linux") {
            libc(&name)
        } else if object == program {
            executable(&name)
        } else if object.starts_with("libstdc++") {
            // `operator new` and its like; libtorch is nearly all that calls them.
            Group::LibtorchOverhead
        } else {
            Group::Other
        }
    }
}

/// Whether perf names memory that no file backs, where oneDNN writes its code.
fn is_generated(object: &str) -> bool {
    ["[JIT]", "anon", "[unknown]"].contains(&object)
}

/// Without its folder. Of generated code perf names a thread, or the file in which its addresses might be explained.
fn object_name(object: &str) -> String {
    let name = object.rsplit('/').next().unwrap_or(object);
    if name.starts_with("[JIT]") || (name.starts_with("perf-") && name.ends_with(".map")) {
        return "[JIT]".to_owned();
    }
    name.to_owned()
}

/// A demangled symbol without arguments and those of templates: "void a::f<int>(long) const" is "void a::f".
fn shortened(symbol: &str) -> String {
    let (mut kept, mut depth) = (String::new(), 0_usize);
    for letter in symbol.replace("(anonymous namespace)", "anonymous").chars() {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    // "[clone .isra.0]" and the like; but perf writes "[unknown]" for a whole name.
    let kept = kept.split(" [").next().unwrap_or_default();
    kept.replace(" const", "").trim().to_owned()
}

/// The same without what it returns: "a::f".
fn qualified_name(symbol: &str) -> String {
    let short = shortened(symbol);
    short.rsplit(' ').next().unwrap_or_default().to_owned()
}

fn starts_with_any(name: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| name.starts_with(start))
}

fn libtorch(symbol: &str) -> Group {
    let name = qualified_name(symbol);
    // A function_ref is called for the loops of element-wise kernels.
    let computes = [
        "at::native::",
        "at::internal::",
        "at::parallel_for",
        "at::vec::",
        "c10::function_ref::",
    ];
    let overhead = ["at::", "c10::", "torch::", "ideep::", "ska::", "fmt::"];
    // A container of the standard library is that of whoever is named in its arguments.
    let container = name.starts_with("std::") && !symbol.contains("dnnl");
    if !starts_with_any(&name, &computes) && (container || starts_with_any(&name, &overhead)) {
        Group::LibtorchOverhead
    } else {
        Group::LibtorchKernels
    }
}

fn libc(name: &str) -> Group {
    if ["memcpy", "memmove", "memset"].iter().any(|copy| name.contains(copy)) {
        Group::Copies
    } else {
        // malloc and free, which libtorch's allocator calls.
        Group::LibtorchOverhead
    }
}

/// Code of three languages' worth: Rust, the kernels, tch's shim with what it instantiates of ATen's headers.
fn executable(name: &str) -> Group {
    let entries = ["augur_conv2d_backward", "augur_combine", "augur_channel_sums"];
    // Loops that ATen's templates run in parallel are the kernels' own: nothing else here instantiates them.
    let kernels = ["augur::", "anonymous::", "at::parallel_for", "at::internal::"];
    if entries.contains(&name) || starts_with_any(name, &kernels) {
        Group::AugurKernels
    } else if starts_with_any(
        name,
        &["at::", "at_", "atg_", "c10::", "torch::", "get_and_reset_last_err"],
    ) {
        Group::LibtorchOverhead
    } else {
        Group::Rust
    }
}

/// A share of the samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    pub name: String,
    pub samples: usize,
    /// Of all samples, 0 to 1.
    pub share: f64,
}

/// Shares, the largest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub samples: usize,
    pub groups: Vec<Share>,
    pub objects: Vec<Share>,
    /// "symbol (object)"; of symbols without arguments.
    pub symbols: Vec<Share>,
}

impl Summary {
    /// Of the lines of `perf script -F ip,sym,dso`.
    ///
    /// # Errors
    /// The first line that is no sample.
    pub fn of_script(script: &str, program: &str) -> Result<Self, String> {
        let lines = script.lines().filter(|line| !line.trim().is_empty());
        let samples: Result<Vec<Sample>, String> = lines
            .map(|line| Sample::parse(line).ok_or_else(|| line.to_owned()))
            .collect();
        let samples = samples?;
        Ok(Self {
            samples: samples.len(),
            groups: shares(samples.iter().map(|s| s.group(program).title().to_owned())),
            objects: shares(samples.iter().map(|s| s.object.clone())),
            symbols: shares(
                samples
                    .iter()
                    .map(|s| format!("{} ({})", shortened(&s.symbol), s.object)),
            ),
        })
    }
}

fn shares(names: impl Iterator<Item = String>) -> Vec<Share> {
    let (mut counts, mut all) = (BTreeMap::<String, usize>::new(), 0);
    for name in names {
        *counts.entry(name).or_default() += 1;
        all += 1;
    }
    let share = |(name, samples)| Share {
        name,
        samples,
        share: samples as f64 / f64::from(u32::try_from(all).unwrap_or(u32::MAX)),
    };
    let mut shares: Vec<Share> = counts.into_iter().map(share).collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.samples));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a profile of tuning steps: three of generated code, then one or two of each kind.
    const RECORDED: &str = include_str!("../tests/data/perf-script.txt");

    #[test]
    fn a_line_is_a_symbol_and_an_object() {
        let sample = Sample::parse("    7f1 a::f(int) const (/usr/lib/libx.so.6)").unwrap();
        assert_eq!(
            (sample.symbol.as_str(), sample.object.as_str()),
            ("a::f(int) const", "libx.so.6")
        );
        assert_eq!(Sample::parse("perf: nothing was sampled"), None);
    }

    #[test]
    fn names_lose_what_stands_in_brackets() {
        for (symbol, short, name) in [
            ("void a::f<b::c<int> >(long) const", "void a::f", "a::f"),
            (
                "std::tuple<a, b> c10::impl::call(int)",
                "std::tuple c10::impl::call",
                "c10::impl::call",
            ),
            (
                "a::(anonymous namespace)::f(int) [clone ._omp_fn.0]",
                "a::anonymous::f",
                "a::anonymous::f",
            ),
            (
                "a::f(b const&) const::{lambda(int)#1}::operator()",
                "a::f::{lambda#1}::operator",
                "a::f::{lambda#1}::operator",
            ),
            ("[unknown]", "[unknown]", "[unknown]"),
        ] {
            assert_eq!(
                (shortened(symbol), qualified_name(symbol)),
                (short.to_owned(), name.to_owned())
            );
        }
    }

    #[test]
    fn every_recorded_function_is_in_its_group() {
        let groups: Vec<Group> = RECORDED
            .lines()
            .map(|line| Sample::parse(line).unwrap().group("step"))
            .collect();
        let expected = [
            (Group::JitKernels, 3),
            (Group::AugurKernels, 2),
            // A convolution, MKL's square root, a loop of ATen's, oneDNN's table of batches.
            (Group::LibtorchKernels, 4),
            // Dispatch, a functor's wrapper, a schema's arguments, autograd's bookkeeping, malloc, new, tch's shim.
            (Group::LibtorchOverhead, 7),
            (Group::Copies, 1),
            (Group::Rust, 2),
            (Group::Kernel, 2),
        ];
        let expected: Vec<Group> = expected.iter().flat_map(|&(group, count)| vec![group; count]).collect();
        assert_eq!(groups, expected);
    }

    #[test]
    fn shares_add_up_and_the_largest_is_first() {
        let summary = Summary::of_script(RECORDED, "step").unwrap();
        assert_eq!(summary.samples, 21);
        for shares in [&summary.groups, &summary.objects, &summary.symbols] {
            assert_eq!(shares.iter().map(|share| share.samples).sum::<usize>(), 21);
            assert!((shares.iter().map(|share| share.share).sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(shares.is_sorted_by(|a, b| a.samples >= b.samples));
        }
        assert_eq!(summary.groups[0].name, Group::LibtorchOverhead.title());
        assert_eq!(summary.symbols[0].name, "[unknown] ([JIT])");
        assert_eq!(Summary::of_script("no sample", "step"), Err("no sample".to_owned()));
    }
}
