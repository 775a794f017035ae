//! One JavaScript interpreter with ECharts in it.

use super::{Limits, failure};
use crate::{Error, Result, font::Font};
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Module, Runtime};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// ECharts, as the build script of this crate compiled it with this version of the interpreter.
const BYTECODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/echarts.bytecode"));
const PRELUDE: &str = include_str!("../js/prelude.js");
const DRIVER: &str = include_str!("../js/driver.js");

/// The interpreter takes at most half of the stack of its thread.
const SCRIPT_STACK: usize = super::THREAD_STACK / 2;
/// Collecting cycles during one rendering costs more than the memory is worth.
const GC_THRESHOLD: usize = 256 << 20;

/// What is to be drawn, and within which bounds.
pub(super) struct Drawing {
    /// Its id, for errors.
    pub figure: String,
    /// The option as JavaScript.
    pub option_source: String,
    pub width: f64,
    pub height: f64,
    pub limits: Limits,
}

pub(super) struct Interpreter {
    runtime: Runtime,
    context: Context,
    console: Rc<RefCell<Vec<String>>>,
    steps: Rc<Steps>,
}

/// How often the interpreter may still ask whether to go on.
#[derive(Default)]
struct Steps {
    left: Cell<u64>,
    interrupted: Cell<bool>,
}

impl Interpreter {
    /// An interpreter for a drawing, and for others after it. Loading ECharts has the same bounds as a
    /// drawing.
    pub fn new(drawing: &Drawing) -> Result<Self> {
        let broken = |e: rquickjs::Error| failure(&drawing.figure, e);
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_max_stack_size(SCRIPT_STACK);
        runtime.set_gc_threshold(GC_THRESHOLD);
        let steps = Rc::<Steps>::default();
        let counted = Rc::clone(&steps);
        runtime.set_interrupt_handler(Some(Box::new(move || counted.next())));
        let context = Context::full(&runtime).map_err(broken)?;
        let interpreter = Self { runtime, context, console: Rc::default(), steps };
        interpreter.within(drawing, |ctx| {
            interpreter.provide_host(ctx)?;
            ctx.eval::<(), _>(PRELUDE)?;
            // SAFETY: the bytes were written by `Module::write` of this version of the interpreter, by
            // the build script, and are part of the program.
            let (_, evaluated) = unsafe { Module::load(ctx.clone(), BYTECODE) }?.eval()?;
            evaluated.finish::<()>()?;
            ctx.eval::<(), _>(DRIVER)
        })?;
        Ok(interpreter)
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

    pub fn draw(&self, drawing: &Drawing) -> Result<String> {
        let svg = self.within(drawing, |ctx| {
            let render: Function = ctx.globals().get("renderChart")?;
            render.call((drawing.option_source.as_str(), drawing.width, drawing.height))
        })?;
        let messages = self.console.take();
        if messages.is_empty() { Ok(svg) } else { Err(Error::Console { figure: drawing.figure.clone(), messages }) }
    }

    /// Frees what the last drawing left behind.
    pub fn collect_garbage(&self) {
        self.runtime.run_gc();
    }

    fn within<T>(&self, drawing: &Drawing, work: impl FnOnce(&Ctx) -> rquickjs::Result<T>) -> Result<T> {
        self.runtime.set_memory_limit(drawing.limits.memory_bytes);
        self.steps.left.set(drawing.limits.interrupts);
        self.context.with(|ctx| work(&ctx).catch(&ctx).map_err(|caught| self.explain(drawing, caught)))
    }

    fn explain(&self, drawing: &Drawing, caught: CaughtError) -> Error {
        let figure = drawing.figure.clone();
        if self.steps.interrupted.get() {
            return Error::Time { figure, limit: drawing.limits.interrupts };
        }
        let message = caught.to_string().trim().to_owned();
        // Where even the exception object found no memory, QuickJS throws null.
        if message.contains("out of memory") || matches!(&caught, CaughtError::Value(v) if v.is_null()) {
            return Error::Memory { figure, limit_bytes: drawing.limits.memory_bytes };
        }
        // The message and the innermost calls; the others are all within the minified ECharts.
        let message = message.lines().take(3).map(str::trim).collect::<Vec<_>>().join(" ");
        Error::Script { figure, message }
    }
}

impl Steps {
    /// Counts one; whether it was one too many.
    fn next(&self) -> bool {
        self.interrupted.set(self.left.get() == 0);
        self.left.set(self.left.get().saturating_sub(1));
        self.interrupted.get()
    }
}
