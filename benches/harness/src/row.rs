/// One line of a results table: a piece of work, and who does it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The table it belongs to: the directory name of one of our crates.
    pub table: &'static str,
    /// What is done, the same words for everyone who does it.
    pub work: &'static str,
    /// `linkwire`, or the peer's package name and version.
    pub who: &'static str,
    /// Which of our checks the doer also makes, for a fair reading: [`SAME`](Self::SAME) if it makes them all. Empty for
    /// ours.
    pub checks: &'static str,
    /// How many repetitions are averaged when instructions are counted.
    pub repeat: u32,
    /// Sets everything up, proves the result right, and returns the work.
    pub prepare: fn() -> Box<dyn FnMut()>,
}

impl Row {
    /// Who does our own rows.
    pub const OURS: &'static str = "linkwire";

    /// The `checks` of a peer that leaves out none of ours.
    pub const SAME: &'static str = "the same";

    /// A name without spaces by which the row can be picked on a command line.
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.table, self.work, self.who).replace([' ', ','], "-")
    }
}

/// Calls `work` so often that one call's share can be read off. Instructions are counted inside this function only, which
/// is why it must stay a symbol of its own.
#[inline(never)]
pub fn measured(work: &mut dyn FnMut(), repeat: u32) {
    for _ in 0..repeat {
        work();
    }
}
