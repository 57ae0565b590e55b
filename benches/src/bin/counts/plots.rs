//! How instructions grow with the size of what is worked on.

use std::io::{Error, Result};
use std::path::Path;

use harness::Line;
use plotters::prelude::*;

/// A picture of rows that differ in one number.
pub(crate) struct Plot {
    /// Of the file.
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    pub(crate) title: &'static str,
    x: &'static str,
    y: &'static str,
    /// The number, the row's work, and by what its instructions are divided.
    points: &'static [(f64, &'static str, f64)],
}

/// All of them.
pub(crate) const PLOTS: &[Plot] = &[
    Plot {
        name: "topics",
        table: "mqtt-topics",
        title: "Topic tree: match a topic",
        x: "filters in the tree",
        y: "instructions for a topic",
        points: &[
            (1e3, "match a topic, 1 k filters", 1.0),
            (1e5, "match a topic, 100 k filters", 1.0),
            (1e6, "match a topic, 1 M filters (33 matches)", 1.0),
        ],
    },
    Plot {
        name: "models",
        table: "thing-model",
        title: "Thing model: check a payload",
        x: "properties of the model",
        y: "instructions for a byte",
        points: &[
            (10.0, "check 138 B: 2 of 10 properties", 138.0),
            (100.0, "check 1 KB: 20 of 100 properties, all types", 1_023.0),
            (2_000.0, "check 30 KB: 500 of 2,000 properties, with time", 30_777.0),
        ],
    },
    Plot {
        name: "chunks",
        table: "mqtt-codec",
        title: "MQTT: decode a stream of 1 MiB",
        x: "bytes that come at a time",
        y: "instructions for a packet",
        points: &[
            (16.0, "decode 1 MiB in chunks of 16 B, 3.1.1", 5_041.0),
            (64.0, "decode 1 MiB in chunks of 64 B, 3.1.1", 5_041.0),
            (256.0, "decode 1 MiB in chunks of 256 B, 3.1.1", 5_041.0),
            (1_460.0, "decode 1 MiB in chunks of 1,460 B, 3.1.1 (5,041 packets)", 5_041.0),
            (4_096.0, "decode 1 MiB in chunks of 4 KiB, 3.1.1", 5_041.0),
            (65_536.0, "decode 1 MiB in chunks of 64 KiB, 3.1.1", 5_041.0),
        ],
    },
];

/// Draws them into this directory.
pub(crate) fn draw(to: &Path, lines: &[Line]) -> Result<()> {
    std::fs::create_dir_all(to)?;
    PLOTS.iter().try_for_each(|plot| {
        plot.draw(&to.join(plot.name).with_extension("svg"), lines).map_err(Error::other)
    })
}

impl Plot {
    fn draw(
        &self,
        file: &Path,
        lines: &[Line],
    ) -> core::result::Result<(), Box<dyn core::error::Error + Send + Sync>> {
        let mut series = Vec::new();
        let table = || lines.iter().filter(|line| line.table == self.table);
        let mut everyone: Vec<&str> = table().map(|line| line.who.as_str()).collect();
        everyone.sort_unstable();
        everyone.dedup();
        for who in everyone {
            let found = |work: &str| table().find(|line| line.who == who && line.work == work)?.instructions;
            let point = |(x, work, per): &(f64, &str, f64)| Some((*x, found(work)? as f64 / per));
            let points: Vec<(f64, f64)> = self.points.iter().filter_map(point).collect();
            if !points.is_empty() {
                series.push((who, points));
            }
        }
        let values = || series.iter().flat_map(|(_, points)| points.iter().map(|(_, y)| *y));
        let (low, high) = values().fold((f64::MAX, 0.0_f64), |(low, high), y| (low.min(y), high.max(y)));
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else { return Ok(()) };
        if high == 0.0 {
            return Ok(());
        }
        let root = SVGBackend::new(file, (760, 460)).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(
                (first.0 / 1.2..last.0 * 1.2).log_scale(),
                (low / 2.0..high * 2.0).log_scale(),
            )?;
        chart.configure_mesh().x_desc(self.x).y_desc(self.y).light_line_style(WHITE).draw()?;
        for (at, (who, points)) in series.into_iter().enumerate() {
            let ours = who.starts_with("linkwire");
            let style = Palette99::pick(at).stroke_width(if ours { 3 } else { 1 });
            let dots = points.clone().into_iter().map(|point| Circle::new(point, 3, style.filled()));
            chart.draw_series(dots)?;
            chart
                .draw_series(LineSeries::new(points, style))?
                .label(who)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
        }
        let mut labels = chart.configure_series_labels();
        labels.background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw()?;
        root.present()?;
        Ok(())
    }
}
