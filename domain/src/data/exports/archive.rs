//! A ZIP archive, written to a temporary file by a thread of its own while its contents come in.

use std::fs::File;
use std::io::{Read, Seek, Write};

use anyhow::{Context, anyhow};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::Result;

/// Pieces that wait for the thread; more hold up who sends them.
const WAITING: usize = 16;

/// An archive being written.
pub(super) struct Archive {
    sender: mpsc::Sender<Piece>,
    thread: JoinHandle<anyhow::Result<Finished>>,
}

/// An archive that is whole.
pub(super) struct Finished {
    /// At its beginning; it has no name, so it goes with this value.
    pub file: File,
    pub size: u64,
    pub sha256: Vec<u8>,
}

enum Piece {
    /// Another file begins.
    File(String),
    Bytes(Vec<u8>),
    /// Nothing is missing. An archive whose sender just goes away is thrown away.
    End,
}

impl Archive {
    pub fn begin() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = tokio::task::spawn_blocking(move || write(receiver));
        Self { sender, thread }
    }

    /// Begins a file. What is written from here on is its content.
    pub async fn file(&mut self, name: &str) -> Result<()> {
        self.send(Piece::File(name.to_owned())).await
    }

    /// Goes on with the file.
    pub async fn write(&mut self, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.send(Piece::Bytes(bytes.into())).await
    }

    async fn send(&mut self, piece: Piece) -> Result<()> {
        if self.sender.send(piece).await.is_ok() {
            return Ok(());
        }
        // The thread ended early, and says why.
        let ended = (&mut self.thread).await.map_err(anyhow::Error::from)?;
        Err(ended
            .err()
            .unwrap_or_else(|| anyhow!("the archive ended early"))
            .into())
    }

    pub async fn finish(mut self) -> Result<Finished> {
        self.send(Piece::End).await?;
        Ok(self.thread.await.map_err(anyhow::Error::from)??)
    }
}

fn write(mut pieces: mpsc::Receiver<Piece>) -> anyhow::Result<Finished> {
    let file = tempfile::tempfile().context("could not make a temporary file")?;
    let mut zip = ZipWriter::new(file);
    let options = SimpleFileOptions::default().large_file(true);
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::File(name) => zip.start_file(name, options)?,
            Piece::Bytes(bytes) => zip.write_all(&bytes).context("could not write to the archive")?,
            Piece::End => return finish(zip.finish()?),
        }
    }
    anyhow::bail!("the archive was given up")
}

fn finish(mut file: File) -> anyhow::Result<Finished> {
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        size += count as u64;
    }
    file.rewind()?;
    Ok(Finished {
        file,
        size,
        sha256: hash.finalize().to_vec(),
    })
}

/// A name that is safe in any file system, made from what people wrote.
pub(super) fn file_name(title: &str) -> String {
    let clean: String = title
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || " ._-()".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let clean = clean.trim().trim_start_matches('.');
    let length = clean.chars().count();
    // The end tells what kind of file it is.
    let name: String = clean.chars().skip(length.saturating_sub(100)).collect();
    let name = name.trim().trim_start_matches('.').to_owned();
    if name.is_empty() { "file".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use zip::ZipArchive;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_written_is_read_again() {
        let mut archive = Archive::begin();
        archive.file("a.jsonl").await.unwrap();
        archive.write("one\n").await.unwrap();
        archive.write(vec![b'x'; 1_000_000]).await.unwrap();
        archive.file("b/c.txt").await.unwrap();
        let finished = archive.finish().await.unwrap();
        assert_eq!(finished.sha256.len(), 32);
        assert!(finished.size < 100_000, "it is packed");
        let mut zip = ZipArchive::new(finished.file).unwrap();
        assert_eq!(zip.by_name("a.jsonl").unwrap().size(), 1_000_004);
        assert_eq!(zip.by_name("b/c.txt").unwrap().size(), 0);
    }

    #[test]
    fn names_lead_nowhere_else() {
        for (title, name) in [
            ("Manual.pdf", "Manual.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\x\0.txt", "C__x_.txt"),
            ("...", "file"),
            ("", "file"),
            ("Größe (2).docx", "Größe (2).docx"),
        ] {
            assert_eq!(file_name(title), name);
        }
        assert!(file_name(&format!("{}.pdf", "x".repeat(500))).ends_with("x.pdf"));
        assert_eq!(file_name(&"ä".repeat(500)).chars().count(), 100);
    }
}
