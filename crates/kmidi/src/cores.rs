//! Many items with all cores.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` makes of each item (and its place), in the order of the items. A panic in `work` goes on to the caller.
pub(crate) fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(n) else { return done };
            done.push((n, work(n, item)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.flat_map(|made| made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_by_key(|made| made.0);
    done.into_iter().map(|made| made.1).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1_000).collect();
        assert_eq!(
            spread(&items, |n, &item| (n, 2 * item)),
            items.iter().map(|&n| (n, 2 * n)).collect::<Vec<_>>()
        );
        assert!(spread(&[0; 0], |n, _| n).is_empty());
    }

    #[test]
    #[should_panic(expected = "the third is bad")]
    fn a_panic_reaches_the_caller() {
        spread(&[1, 2, 3], |_, &item| assert!(item != 3, "the third is bad"));
    }
}
