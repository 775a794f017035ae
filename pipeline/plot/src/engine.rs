//! Runs ECharts in an embedded JavaScript engine and returns the SVG that it writes.
//!
//! Each rendering gets a fresh engine: ECharts numbers its instances and classes with counters that
//! live as long as the engine, so a shared one would make the bytes depend on what was drawn before.
//! Parsing the 1 MB of ECharts is paid once per process: it is compiled to bytecode, which every
//! engine then loads.

use crate::{Error, Result, font::Font};
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Module, Runtime, WriteOptions};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::OnceLock,
    thread,
};

/// The source of ECharts, for pages with interactive charts: it takes an [`option`](crate::Figure::option).
pub const ECHARTS: &str = include_str!(concat!(env!("OUT_DIR"), "/echarts.min.js"));
const PRELUDE: &str = include_str!("js/prelude.js");
const DRIVER: &str = include_str!("js/driver.js");

/// Engines run on threads of their own, so that the depth of JavaScript calls never depends on how
/// much stack the caller has left. The interpreter takes at most half of it.
const THREAD_STACK: usize = 16 << 20;
const SCRIPT_STACK: usize = 8 << 20;
/// Collecting cycles during one rendering costs more than the memory is worth.
const GC_THRESHOLD: usize = 256 << 20;

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
    thread::scope(|scope| {
        let job = || {
            let bytecode = bytecode().map_err(|message| engine_error(figure, message))?;
            Engine::new(figure, bytecode, limits)?.render(option_source, width, height)
        };
        thread::Builder::new()
            .name("echarts".into())
            .stack_size(THREAD_STACK)
            .spawn_scoped(scope, job)
            .map_err(|e| engine_error(figure, e))?
            .join()
            .unwrap_or_else(|_| Err(engine_error(figure, "its thread panicked")))
    })
}

fn engine_error(figure: &str, message: impl ToString) -> Error {
    Error::Engine { figure: figure.into(), message: message.to_string() }
}

/// ECharts as bytecode of this very build of the engine, compiled once per process.
fn bytecode() -> std::result::Result<&'static [u8], String> {
    static BYTECODE: OnceLock<std::result::Result<Vec<u8>, String>> = OnceLock::new();
    let compile = || -> std::result::Result<Vec<u8>, String> {
        let runtime = Runtime::new().map_err(|e| e.to_string())?;
        runtime.set_max_stack_size(SCRIPT_STACK);
        let context = Context::full(&runtime).map_err(|e| e.to_string())?;
        context.with(|ctx| {
            Module::declare(ctx.clone(), "echarts", ECHARTS)
                .and_then(|module| module.write(WriteOptions { strip_source: true, ..Default::default() }))
                .catch(&ctx)
                .map_err(|e| e.to_string())
        })
    };
    BYTECODE.get_or_init(compile).as_deref().map_err(Clone::clone)
}

struct Engine<'a> {
    figure: &'a str,
    limits: &'a Limits,
    context: Context,
    console: Rc<RefCell<Vec<String>>>,
    interrupted: Rc<Cell<bool>>,
}

impl<'a> Engine<'a> {
    fn new(figure: &'a str, bytecode: &[u8], limits: &'a Limits) -> Result<Self> {
        let runtime = Runtime::new().map_err(|e| engine_error(figure, e))?;
        runtime.set_max_stack_size(SCRIPT_STACK);
        runtime.set_gc_threshold(GC_THRESHOLD);
        runtime.set_memory_limit(limits.memory_bytes);
        let interrupted = Rc::new(Cell::new(false));
        let (flag, mut left) = (Rc::clone(&interrupted), limits.interrupts);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            flag.set(left == 0);
            left = left.saturating_sub(1);
            flag.get()
        })));
        let context = Context::full(&runtime).map_err(|e| engine_error(figure, e))?;
        let engine = Self { figure, limits, context, console: Rc::default(), interrupted };
        engine.with(|ctx| {
            engine.provide_host(ctx)?;
            ctx.eval::<(), _>(PRELUDE)?;
            // SAFETY: the bytes were written by `Module::write` of the same engine in this process.
            let (_, evaluated) = unsafe { Module::load(ctx.clone(), bytecode) }?.eval()?;
            evaluated.finish::<()>()?;
            ctx.eval::<(), _>(DRIVER)
        })?;
        Ok(engine)
    }

    /// The functions that the scripts in `src/js` call.
    fn provide_host(&self, ctx: &Ctx) -> rquickjs::Result<()> {
        let console = Rc::clone(&self.console);
        let report = move |level: String, text: String| {
            console.borrow_mut().push(format!("{level}: {text}"));
        };
        let measure = |text: String, font: String| Font::from_css(&font).width(&text);
        ctx.globals().set("hostReport", Function::new(ctx.clone(), report)?)?;
        ctx.globals().set("hostMeasure", Function::new(ctx.clone(), measure)?)
    }

    fn render(&self, option_source: &str, width: f64, height: f64) -> Result<String> {
        let svg = self.with(|ctx| {
            let render: Function = ctx.globals().get("renderChart")?;
            render.call((option_source, width, height))
        })?;
        let messages = self.console.take();
        if messages.is_empty() { Ok(svg) } else { Err(Error::Console { figure: self.figure.into(), messages }) }
    }

    fn with<T>(&self, work: impl FnOnce(&Ctx) -> rquickjs::Result<T>) -> Result<T> {
        self.context.with(|ctx| work(&ctx).catch(&ctx).map_err(|caught| self.explain(caught)))
    }

    fn explain(&self, caught: CaughtError) -> Error {
        let figure = self.figure.to_owned();
        if self.interrupted.get() {
            return Error::Time { figure, limit: self.limits.interrupts };
        }
        let message = caught.to_string().trim().to_owned();
        // Where even the exception object found no memory, QuickJS throws null.
        if message.contains("out of memory") || matches!(&caught, CaughtError::Value(v) if v.is_null()) {
            return Error::Memory { figure, limit_bytes: self.limits.memory_bytes };
        }
        // The message and the innermost calls; the others are all within the minified ECharts.
        let message = message.lines().take(3).map(str::trim).collect::<Vec<_>>().join(" ");
        Error::Script { figure, message }
    }
}
