//! Runs ECharts in an embedded JavaScript engine and returns the SVG that it writes.
//!
//! An interpreter with ECharts in it takes as long to make as a small figure to draw, so it draws one
//! figure after the other. What is numbered on the way (instances, classes, ids) is numbered anew in
//! the [canonical](crate::canonical) drawing, and the tests draw in several orders: the bytes do not
//! depend on what was drawn before.

mod interpreter;

use self::interpreter::{Drawing, Interpreter};
use crate::{Error, Result};
use std::{
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, ThreadId},
    time::Duration,
};

/// The source of ECharts, for pages with interactive charts: it takes an [`option`](crate::Figure::option).
pub const ECHARTS: &str = include_str!(concat!(env!("OUT_DIR"), "/echarts.min.js"));

/// Interpreters run on threads of their own, so that the depth of JavaScript calls never depends on how
/// much stack the caller has left, and so that they stay where they were made.
const THREAD_STACK: usize = 16 << 20;
/// How long a thread waits for another figure before it gives its memory back. Those of a build follow
/// each other closely.
const PATIENCE: Duration = Duration::from_millis(200);
/// After how many drawings their garbage is collected: a few MB of an ordinary one. The interpreter does so by itself
/// when there is much of it.
const DRAWINGS_PER_COLLECTION: u64 = 4;

/// Bounds of one rendering. Both count work, not seconds, so that whether a figure renders does not
/// depend on how busy the machine is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Size of the JavaScript heap. An ordinary figure takes 6 to 16 MB, 30 000 points 250 MB.
    pub memory_bytes: usize,
    /// How often the engine may ask whether to go on, which it does every 10000 branches and calls:
    /// 30 times for an ordinary figure, 8000 times for 30 000 points.
    pub interrupts: u64,
}

impl Default for Limits {
    /// 1 GiB, and 200 000 times: that is a few seconds of an empty loop, or minutes of drawing.
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, interrupts: 200_000 }
    }
}

/// SVG as ECharts writes it, of an option given as JavaScript source.
pub(crate) fn render(
    figure: &str,
    option_source: &str,
    (width, height): (f64, f64),
    limits: &Limits,
) -> Result<String> {
    let (reply, svg) = mpsc::channel();
    let drawing =
        Drawing { figure: figure.into(), option_source: option_source.into(), width, height, limits: *limits };
    hand_over(Request { drawing, reply }).map_err(|e| failure(figure, e))?;
    svg.recv().unwrap_or_else(|_| Err(failure(figure, "its thread panicked")))
}

fn failure(figure: &str, message: impl ToString) -> Error {
    Error::Engine { figure: figure.into(), message: message.to_string() }
}

/// A drawing, and where its SVG is waited for.
struct Request {
    drawing: Drawing,
    reply: mpsc::Sender<Result<String>>,
}

/// The threads that wait for another figure.
static WAITING: Mutex<Vec<(ThreadId, mpsc::Sender<Request>)>> = Mutex::new(Vec::new());

fn waiting() -> MutexGuard<'static, Vec<(ThreadId, mpsc::Sender<Request>)>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives a drawing to the thread that finished last, or to a new one.
fn hand_over(mut request: Request) -> std::io::Result<()> {
    let mut threads = waiting();
    while let Some((_, thread)) = threads.pop() {
        match thread.send(request) {
            Ok(()) => return Ok(()),
            Err(mpsc::SendError(unsent)) => request = unsent,
        }
    }
    drop(threads);
    let draw = move || draw_until_idle(request);
    thread::Builder::new().name("echarts".into()).stack_size(THREAD_STACK).spawn(draw).map(drop)
}

/// Draws figures as long as they come.
fn draw_until_idle(mut request: Request) {
    let (sender, requests) = mpsc::channel();
    let mut interpreter = None;
    for count in 1.. {
        let svg = draw(&mut interpreter, &request.drawing);
        // Nobody listens any more if the caller panicked.
        let _ = request.reply.send(svg);
        if count % DRAWINGS_PER_COLLECTION == 0
            && let Some(interpreter) = &interpreter
        {
            interpreter.collect_garbage();
        }
        let own = thread::current().id();
        waiting().push((own, sender.clone()));
        request = match requests.recv_timeout(PATIENCE) {
            Ok(next) => next,
            Err(_) => {
                let mut threads = waiting();
                threads.retain(|(thread, _)| *thread != own);
                // Requests are sent under the lock: what has not come by now does not come.
                let Ok(next) = requests.try_recv() else { return };
                next
            }
        };
    }
}

/// Draws with the interpreter of the drawing before, where that ended well. A drawing that fails in one that
/// was used is tried in a new one: whether a figure can be drawn does not depend on those before it.
fn draw(interpreter: &mut Option<Interpreter>, drawing: &Drawing) -> Result<String> {
    // How far the steps of an interpreter are counted on is left over from its last drawing.
    let used = interpreter.take().filter(|_| drawing.limits == Limits::default());
    if let Some(used) = used {
        match used.draw(drawing) {
            Ok(svg) => {
                *interpreter = Some(used);
                return Ok(svg);
            }
            // Steps are counted anew for each drawing.
            Err(error @ Error::Time { .. }) => return Err(error),
            Err(_) => {}
        }
    }
    let new = Interpreter::new(drawing)?;
    let svg = new.draw(drawing)?;
    *interpreter = Some(new);
    Ok(svg)
}
