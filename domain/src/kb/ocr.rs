//! Text recognition for scanned PDFs, by the programs `pdftoppm` and `tesseract` where they are installed.
//!
//! It takes seconds a page, so only the job that builds a knowledge base does it. Both programs read a file that a
//! stranger made: each page is a process of its own with limits, and what comes back is plain text.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::parse::ParseError;

/// What installs both programs on Debian and Ubuntu.
pub const INSTALL: &str = "sudo apt-get install tesseract-ocr poppler-utils";

const MAX_PAGES: u32 = 200;
const PAGE_TIME: Duration = Duration::from_secs(60);
const MEMORY_KILOBYTES: u32 = 2 * 1024 * 1024;
/// The long edge of a page in pixels, whatever its size in the file: about 250 dots per inch of an A4 page.
const PIXELS: &str = "2900";

/// Languages that are read where they are installed, by the names `tesseract` has for them. Each takes its time, so
/// there is an end to it.
const LANGUAGES: [&str; 22] = [
    "eng", "deu", "fra", "spa", "ita", "por", "nld", "pol", "ces", "swe", "tur", "rus", "ukr", "ell", "ara",
    "heb", "hin", "chi_sim", "chi_tra", "jpn", "kor", "vie",
];
const MAX_LANGUAGES: usize = 6;

/// Scans read at once in this process.
static RECOGNISING: Semaphore = Semaphore::const_new(1);

/// The languages that scans are read in; none if text recognition is not installed.
pub async fn languages() -> Option<Vec<&'static str>> {
    let _ = find("pdftoppm").and(find("pdfinfo"))?;
    let output = run("tesseract", [OsStr::new("--list-langs")]).await.ok()?;
    let installed = String::from_utf8_lossy(&output.stdout).into_owned();
    let installed: Vec<&str> = installed.lines().map(str::trim).collect();
    let known = LANGUAGES
        .into_iter()
        .filter(|language| installed.contains(language));
    let languages: Vec<&str> = known.take(MAX_LANGUAGES).collect();
    (!languages.is_empty()).then_some(languages)
}

/// The right to recognise text in this process, which has the processor to itself: `None` while somebody else does.
pub fn begin() -> Option<SemaphorePermit<'static>> {
    RECOGNISING.try_acquire().ok()
}

/// A scan, to be read page by page. Dropping a future ends the program that reads.
#[derive(Debug)]
pub struct Scan<'a> {
    pdf: &'a Path,
    languages: &'a str,
    folder: TempDir,
    pages: u32,
}

impl<'a> Scan<'a> {
    /// Opens the PDF at `pdf`; `languages` are names joined by `+`. The inner error is the file's own fault; the outer one
    /// is that of the programs.
    pub async fn open(pdf: &'a Path, languages: &'a str) -> io::Result<Result<Self, ParseError>> {
        let Some(pages) = page_count(pdf).await? else {
            return Ok(Err(ParseError::Corrupt("PDF".to_owned())));
        };
        if pages > MAX_PAGES {
            let limit =
                format!("it is a scan of {pages} pages, and text recognition reads up to {MAX_PAGES}");
            return Ok(Err(ParseError::TooComplex(limit)));
        }
        Ok(Ok(Self {
            pdf,
            languages,
            folder: tempfile::tempdir()?,
            pages,
        }))
    }

    /// How many pages it has.
    pub const fn pages(&self) -> u32 {
        self.pages
    }

    /// The text of a page, counted from 1.
    pub async fn page(&self, number: u32) -> io::Result<Result<String, ParseError>> {
        let text = page(self.pdf, self.folder.path(), number, self.languages).await?;
        Ok(text.ok_or_else(|| {
            let limit = format!("recognising the text of page {number} takes more than a minute");
            ParseError::TooComplex(limit)
        }))
    }
}

/// Absent if the file can't be opened.
async fn page_count(pdf: &Path) -> io::Result<Option<u32>> {
    let output = run("pdfinfo", [pdf.as_os_str()]).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("Pages:"));
    Ok(line.and_then(|count| count.trim().parse().ok()))
}

/// The text of a page; absent if that takes too long. A page that can't be drawn has none.
async fn page(pdf: &Path, folder: &Path, number: u32, languages: &str) -> io::Result<Option<String>> {
    let picture = folder.join("page");
    let number = number.to_string();
    let draw = [
        "-gray",
        "-singlefile",
        "-scale-to",
        PIXELS,
        "-f",
        &number,
        "-l",
        &number,
    ];
    let draw = draw
        .map(OsStr::new)
        .into_iter()
        .chain([pdf.as_os_str(), picture.as_os_str()]);
    let picture: PathBuf = folder.join("page.pgm");
    let _ = tokio::fs::remove_file(&picture).await;
    let drawn = run("pdftoppm", draw).await;
    if is_timeout(&drawn) {
        return Ok(None);
    }
    drawn?;
    if !tokio::fs::try_exists(&picture).await? {
        return Ok(Some(String::new()));
    }
    let read = [
        picture.as_os_str(),
        OsStr::new("stdout"),
        OsStr::new("-l"),
        OsStr::new(languages),
    ];
    let output = run("tesseract", read).await;
    if is_timeout(&output) {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&output?.stdout).into_owned()))
}

fn is_timeout(result: &io::Result<Output>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

/// Runs a program to its end under limits of time, memory, and of the size of what it writes.
async fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> io::Result<Output> {
    let path = find(program).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, program.to_owned()))?;
    let seconds = PAGE_TIME.as_secs();
    // The limits of a shell's child, set without unsafe code of our own. Files are counted in blocks of 512 bytes.
    let script =
        format!("ulimit -v {MEMORY_KILOBYTES} -t {seconds}; ulimit -f 131072; ulimit -c 0; exec \"$@\"");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script, "sh"]).arg(path).args(arguments);
    // Its own threads make it slower, not faster, where others work as well.
    command.env_clear().env("OMP_THREAD_LIMIT", "1");
    if let Some(folder) = std::env::var_os("TESSDATA_PREFIX") {
        command.env("TESSDATA_PREFIX", folder);
    }
    command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PAGE_TIME, command.output()).await;
    ended.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Where a program is installed.
fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&folders).chain([PathBuf::from("/usr/bin")]);
    folders
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
