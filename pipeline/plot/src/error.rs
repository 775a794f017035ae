//! What can go wrong between a specification and its SVG, PNG or CSV.

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Errors name the figure and say what to do about them.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The specification cannot be drawn as it stands; found before any rendering.
    #[error("figure {figure}: {problem}")]
    Specification { figure: String, problem: String },

    /// A thing is drawn that has no look in the registry that was asked.
    #[error("`{name}` has no colour and marker; known are: {known}. Add it to the registry")]
    UnknownName { name: String, known: String },

    /// ECharts, or a function inside the option, threw an exception.
    #[error("figure {figure}: ECharts failed: {message}. Check the option of this figure")]
    Script { figure: String, message: String },

    /// ECharts wrote to the console; in a release build of ECharts this means a faulty option.
    #[error("figure {figure}: ECharts complained: {}", messages.join("; "))]
    Console { figure: String, messages: Vec<String> },

    /// The JavaScript heap outgrew [`Limits::memory_bytes`](crate::Limits::memory_bytes).
    #[error("figure {figure}: rendering needs more than {limit_bytes} bytes; draw fewer points or raise the limit")]
    Memory { figure: String, limit_bytes: usize },

    /// Rendering took more than [`Limits::interrupts`](crate::Limits::interrupts).
    #[error(
        "figure {figure}: rendering was stopped after {limit} x 10000 JavaScript steps; draw fewer points or raise the limit"
    )]
    Time { figure: String, limit: u64 },

    /// The engine itself could not be set up (out of memory or threads, or a broken build).
    #[error("figure {figure}: the JavaScript engine did not start: {message}")]
    Engine { figure: String, message: String },

    /// The SVG text is not what ECharts writes, or cannot be read back.
    #[error("unreadable SVG at byte {offset}: {problem}")]
    Svg { offset: usize, problem: String },

    /// The SVG cannot be turned into a picture.
    #[error("cannot rasterise: {0}")]
    Raster(String),
}
