//! Wall time of the rows that `counts` counts.

use core::time::Duration;

use benches::rows;
use criterion::Criterion;

/// Times the rows of these tables; a word on the command line picks those with it in their name.
pub(crate) fn tables(tables: &[&str]) {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20)
        .configure_from_args();
    for row in rows::all().into_iter().filter(|row| tables.contains(&row.table)) {
        let mut work = None;
        criterion.bench_function(&row.name(), |bencher| bencher.iter(work.get_or_insert_with(row.prepare)));
    }
    criterion.final_summary();
}
