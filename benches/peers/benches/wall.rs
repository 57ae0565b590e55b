//! Wall time of the rows that others do.

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20)
        .configure_from_args();
    for row in peers::rows() {
        let mut work = None;
        criterion.bench_function(&row.name(), |bencher| bencher.iter(work.get_or_insert_with(row.prepare)));
    }
    criterion.final_summary();
}
