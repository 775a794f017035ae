//! The compiler's own crates as a backend.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use typst::diag::{FileError, FileResult, PackageError, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{DiagSpan, DiagSpanKind, FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_kit::fonts::FontStore;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::command::{NO_PACKAGES, NO_PACKAGES_HINT};
use crate::diagnostic::{Call, Diagnostic, Location, Severity};
use crate::document::{Document, Pdf, Standard};
use crate::error::Error;
use crate::fonts::NOTO_SANS;

/// How many compilations an unused result of typst's memoization survives: enough that the papers
/// of a workspace, rebuilt in turn while one of them is edited, find theirs again.
const CACHE_AGE: usize = 12;

/// Stack of a compiler thread. A debug build of typst needs several times the default of 2 MiB for
/// nested content; what is not touched costs address space only.
const STACK: usize = 64 << 20;

/// The embedded fonts, read once.
static FONTS: LazyLock<FontStore> = LazyLock::new(|| {
    let mut fonts = FontStore::new();
    // In the order of the command line: its own fonts first, then those of `--font-path`.
    fonts.extend(typst_kit::fonts::embedded());
    for (_, bytes) in NOTO_SANS {
        fonts.extend(Font::iter(Bytes::new(bytes)).map(|font| {
            let info = font.info().clone();
            (font, info)
        }));
    }
    fonts
});

/// Typst's standard library, built once.
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// As in `typst 0.15.1 (embedded)`.
pub(crate) fn identity() -> String {
    format!("typst {} (embedded)", typst::utils::version().raw())
}

/// The compiler, with threads of its own, and with what it remembers from one document to the next.
pub(crate) struct Compiler {
    count: usize,
    /// The files of the last compilation of each main file. Of a file that has changed only what changed is
    /// parsed again: the other parts of its syntax tree keep the spans that typst's memory knows them by. Locked while
    /// one is at work on the document: who comes second finds all that the first one remembers.
    last: Mutex<HashMap<String, Arc<Mutex<Files>>>>,
    /// Started with the first document: a process that typesets nothing has no threads of this.
    threads: OnceLock<Result<rayon::ThreadPool, String>>,
}

impl fmt::Debug for Compiler {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Compiler").finish_non_exhaustive()
    }
}

impl Compiler {
    /// A compiler with one thread a core.
    pub(crate) fn new() -> Self {
        Self::with_threads(0)
    }

    /// A compiler with that many threads; 0 is one a core. The pages do not depend on it.
    pub(crate) fn with_threads(count: usize) -> Self {
        Self { count, last: Mutex::default(), threads: OnceLock::new() }
    }

    fn threads(&self) -> Result<&rayon::ThreadPool, Error> {
        let threads = self.threads.get_or_init(|| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(self.count)
                .stack_size(STACK)
                .thread_name(|index| format!("typst-{index}"))
                .build()
                .map_err(|error| error.to_string())
        });
        threads.as_ref().map_err(|error| Error::Threads(error.clone()))
    }

    /// Compiles and exports.
    pub(crate) fn pdf(&self, document: &Document) -> Result<Pdf, Error> {
        let threads = self.threads()?;
        let main = file_id(&document.main)
            .map_err(|_| Error::Path { path: document.main.clone(), reason: "typst refuses it" })?;
        let files = Arc::clone(lock(&self.last).entry(document.main.clone()).or_default());
        let mut files = lock(&files);
        let last = Mutex::new(std::mem::take(&mut *files));
        let world = Project { document, main, last, loaded: Mutex::default() };
        let pdf = threads.install(|| pdf(&world));
        *files = world.into_files();
        // To look through all that is remembered takes longer than to write the paper, which need not wait for it.
        threads.spawn(|| typst::comemo::evict(CACHE_AGE));
        pdf
    }
}

/// Locks what is whole at any time: a lock is poisoned when typst has panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pdf(world: &Project<'_>) -> Result<Pdf, Error> {
    let document = world.document;
    let now = datetime(document.timestamp).ok_or(Error::Timestamp(document.timestamp))?;
    let errors = |found: &[SourceDiagnostic]| Error::Document(found.iter().map(|one| world.diagnostic(one)).collect());

    let compiled = typst::compile::<PagedDocument>(world);
    let pages = compiled.output.map_err(|found| errors(&found))?;
    let standards: &[PdfStandard] = match document.standard {
        Standard::Plain => &[],
        Standard::A2a => &[PdfStandard::A_2a],
        Standard::Ua1 => &[PdfStandard::Ua_1],
        Standard::Ua1A2a => &[PdfStandard::Ua_1, PdfStandard::A_2a],
    };
    let options = PdfOptions {
        timestamp: Some(Timestamp::new_utc(now)),
        standards: PdfStandards::new(standards).map_err(|hinted| {
            errors(&[SourceDiagnostic::error(typst::syntax::Span::detached(), hinted.message().clone())])
        })?,
        // The identifier stays automatic, as with the command line: typst makes it of title and author.
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&pages, &options).map_err(|found| errors(&found))?;
    Ok(Pdf {
        bytes,
        pages: Some(pages.pages().len()),
        warnings: compiled.warnings.iter().map(|one| world.diagnostic(one)).collect(),
    })
}

/// A document as typst's compiler asks for it.
struct Project<'a> {
    document: &'a Document,
    main: FileId,
    /// The files of the compilations before this one that were not asked for yet.
    last: Mutex<Files>,
    /// What was asked for so far.
    loaded: Mutex<Files>,
}

/// Files of a document. Only looked up, so that their order reaches nothing.
type Files = HashMap<FileId, Loaded>;

/// A file of the document, and its syntax tree once that was asked for.
struct Loaded {
    bytes: Bytes,
    source: Option<Source>,
    /// Whether the syntax tree is that of these bytes, and not of those that the file had before.
    parsed: bool,
}

impl Loaded {
    fn new(bytes: &[u8], last: Option<Loaded>) -> Self {
        match last {
            // The bytes from before, whose hash is known.
            Some(last) if last.bytes.as_slice() == bytes => last,
            last => {
                Loaded { bytes: Bytes::new(bytes.to_vec()), source: last.and_then(|last| last.source), parsed: false }
            }
        }
    }
}

impl Project<'_> {
    fn with<T>(&self, id: FileId, use_it: impl FnOnce(&mut Loaded) -> FileResult<T>) -> FileResult<T> {
        let mut loaded = lock(&self.loaded);
        if let Some(file) = loaded.get_mut(&id) {
            return use_it(file);
        }
        let path = id.get();
        if matches!(path.root(), VirtualRoot::Package(_)) {
            return Err(FileError::Package(PackageError::Other(Some("packages are not available here".into()))));
        }
        let name = path.vpath().get_without_slash();
        let bytes = self.document.files.get(name).ok_or_else(|| FileError::NotFound(name.into()))?;
        let last = lock(&self.last).remove(&id);
        use_it(loaded.entry(id).or_insert_with(|| Loaded::new(bytes, last)))
    }

    /// The files that were asked for, now or before: what a compilation that failed did not come to is asked for
    /// again when it is mended.
    fn into_files(self) -> Files {
        let mut files = self.last.into_inner().unwrap_or_else(PoisonError::into_inner);
        files.retain(|id, _| self.document.files.contains_key(id.get().vpath().get_without_slash()));
        files.extend(self.loaded.into_inner().unwrap_or_else(PoisonError::into_inner));
        files
    }

    fn diagnostic(&self, found: &SourceDiagnostic) -> Diagnostic {
        let message = found.message.to_string();
        let mut hints: Vec<String> = found.hints.iter().map(|hint| hint.v.to_string()).collect();
        if message == NO_PACKAGES {
            hints.push(NO_PACKAGES_HINT.to_owned());
        }
        let trace = found
            .trace
            .iter()
            .filter_map(|point| Some(Call { step: point.v.to_string(), at: self.location(point.span.into())? }));
        Diagnostic {
            severity: match found.severity {
                typst::diag::Severity::Error => Severity::Error,
                typst::diag::Severity::Warning => Severity::Warning,
            },
            message,
            at: self.location(found.span),
            hints,
            trace: trace.collect(),
        }
    }

    /// The start of a span, in typst files and in data files alike.
    fn location(&self, span: DiagSpan) -> Option<Location> {
        let (id, start, lines) = match span.get() {
            DiagSpanKind::Detached => return None,
            DiagSpanKind::Number { id, num, sub_range } => {
                let source = self.source(id).ok()?;
                (id, source.range(num, sub_range)?.start, source.lines().clone())
            }
            DiagSpanKind::Range { id, range } => (id, range.start, self.file(id).ok()?.lines().ok()?),
        };
        Some(Location {
            file: id.get().vpath().get_without_slash().to_owned(),
            line: lines.byte_to_line(start)? + 1,
            column: lines.byte_to_column(start)? + 1,
        })
    }
}

impl World for Project<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        FONTS.book()
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.with(id, |file| {
            let before = match file.source.take() {
                Some(source) if file.parsed => return Ok(file.source.insert(source).clone()),
                before => before,
            };
            let text = std::str::from_utf8(&file.bytes).map_err(|_| FileError::InvalidUtf8)?;
            // As in the command line: a byte order mark is no part of the text.
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let source = match before {
                Some(mut source) => {
                    source.replace(text);
                    source
                }
                None => Source::new(id, text.into()),
            };
            file.parsed = true;
            Ok(file.source.insert(source).clone())
        })
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.with(id, |file| Ok(file.bytes.clone()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.font(index)
    }

    fn today(&self, offset: Option<Duration>) -> Option<Datetime> {
        let shift = offset.map_or(0.0, |offset| offset.seconds().trunc());
        // Saturates, and what is out of range is refused by `datetime`.
        datetime(self.document.timestamp.saturating_add(shift as i64))
            .and_then(|now| Datetime::from_ymd(now.year()?, now.month()?, now.day()?))
    }
}

fn file_id(path: &str) -> Result<FileId, typst::syntax::PathError> {
    Ok(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path)?).intern())
}

/// The civil date and time of a Unix timestamp, in the proleptic Gregorian calendar; `None` outside
/// of the years 0 to 9999, which is what a PDF can hold. Days to date after H. Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn datetime(timestamp: i64) -> Option<Datetime> {
    let (days, seconds) = (timestamp.div_euclid(86_400), timestamp.rem_euclid(86_400));
    // Days since 0000-03-01, with years that start in March, so that leap days come last.
    let days = days.checked_add(719_468)?;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era.checked_mul(400)? + i64::from(month <= 2);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let small = |value: i64| u8::try_from(value).ok();
    Datetime::from_ymd_hms(
        i32::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(seconds / 3600)?,
        small(seconds / 60 % 60)?,
        small(seconds % 60)?,
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn dates_are_civil() {
        let ymd_hms = |timestamp| {
            let date = datetime(timestamp)?;
            Some((date.year()?, date.month()?, date.day()?, date.hour()?, date.minute()?, date.second()?))
        };
        assert_eq!(ymd_hms(0), Some((1970, 1, 1, 0, 0, 0)));
        assert_eq!(ymd_hms(-1), Some((1969, 12, 31, 23, 59, 59)));
        // As `date -u -d @N` prints them: leap days of a fourth, a hundredth and a four hundredth year.
        assert_eq!(ymd_hms(951_827_696), Some((2000, 2, 29, 12, 34, 56)));
        assert_eq!(ymd_hms(4_107_542_400), Some((2100, 3, 1, 0, 0, 0)));
        assert_eq!(ymd_hms(1_709_251_199), Some((2024, 2, 29, 23, 59, 59)));
        assert_eq!(ymd_hms(253_402_300_799), Some((9999, 12, 31, 23, 59, 59)));
        assert_eq!(ymd_hms(253_402_300_800), None);
        assert_eq!(ymd_hms(-62_167_219_200), Some((0, 1, 1, 0, 0, 0)));
        assert_eq!(ymd_hms(-62_167_219_201), None);
        assert_eq!((ymd_hms(i64::MIN), ymd_hms(i64::MAX)), (None, None));
    }

    #[test]
    fn what_is_remembered_of_the_document_before_does_not_show() {
        const BROKEN: [&str; 2] = ["#no-such-function()", "#text(size: 1em"];
        let document = |edited: &str, own: &str| {
            let main = format!(
                "#import \"lib/own.typ\": own\n#set document(title: \"t\")\n#set heading(numbering: \"1.\")\n#outline()\n\
                 = First <first>\nSee @second and a note.#footnote[A note.] #lorem(300)\n\n{edited}\n\n\
                 $ a^2 + b^2 = c^2 $\n#own[first]\n= Second <second>\n\
                 #figure(table(columns: 2)[a][b], caption: [Of @first])\n#for n in range(5) [== Part #n\n#lorem(80)\n]\n"
            );
            let library = format!("#let own(body) = block(stroke: 1pt, [{own}: #body])\n");
            let files = [("main.typ", main), ("lib/own.typ", library)];
            let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes()));
            Document { standard: Standard::Plain, ..Document::new("main.typ", BTreeMap::from(files)) }
        };
        let documents = [
            ("A sentence.", "own"),
            ("A sentence. And one more.", "own"),
            ("A sentence.\n\n= A heading\nWith a paragraph that ends on $x_1$.", "own"),
            (BROKEN[0], "own"),
            ("#lorem(400)", "own"),
            ("#lorem(400)", "another *one*"),
            ("", "another"),
            (BROKEN[1], "own"),
            ("A sentence.", "own"),
        ];
        let told = |pdf: Result<Pdf, Error>| pdf.map_err(|error| error.to_string());
        let compiler = Compiler::new();
        let remembering = documents.map(|(edited, own)| told(compiler.pdf(&document(edited, own))));
        for ((edited, own), remembering) in documents.into_iter().zip(remembering) {
            typst::comemo::evict(0);
            let fresh = told(Compiler::new().pdf(&document(edited, own)));
            assert_eq!(fresh.is_err(), BROKEN.contains(&edited), "{edited}");
            assert!(remembering == fresh, "{edited}: {:?}", (remembering.err(), fresh.err()));
        }
    }

    #[test]
    fn pages_do_not_depend_on_threads() {
        // Page runs of their own are what typst lays out in parallel.
        let text = "#set document(title: \"t\")\n".to_owned()
            + &(1..=8)
                .map(|n| format!("= Heading {n}\n#lorem({n}0)\n#pagebreak(weak: true)\n#set page(width: {n}0em)\n"))
                .collect::<String>();
        let document = Document::new("main.typ", BTreeMap::from([("main.typ".to_owned(), text.into_bytes())]));
        let one = Compiler::with_threads(1).pdf(&document).unwrap();
        typst::comemo::evict(0);
        let four = Compiler::with_threads(4).pdf(&document).unwrap();
        assert_eq!(one.pages, Some(8));
        assert_eq!(one, four);
    }
}
