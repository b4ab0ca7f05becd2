//! The benchmarks under Criterion, for those who change the library: `cargo bench -p kmidi-bench`.
//!
//! The definitions are those of `kmidi bench`, which also checks answers, counts what is forbidden, and judges.
#![allow(missing_docs)] // the macro makes a public item

use criterion::{Criterion, criterion_group, criterion_main};

fn definitions(c: &mut Criterion) {
    let all = kmidi_bench::each(|name, call| {
        c.bench_function(name, |b| b.iter(&mut *call));
    });
    all.expect("the definitions that come with the program");
}

criterion_group!(benches, definitions);
criterion_main!(benches);
