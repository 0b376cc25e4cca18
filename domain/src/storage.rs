//! Files: uploaded sources while they are drafts, and documents once they are finalized.
//!
//! Keys are made of UUIDs only (`drafts/<workspace>/<draft>/<source>`, `documents/<workspace>/<document>`,
//! `pages/<workspace>/<source>/<version>`, `uploads/<workspace>/<file>`, `exports/<workspace>/<export>`,
//! `people/<person>/<export>`), never of names that people chose.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::config::own_uid;
use crate::{Error, Result};

/// What is written at once of a large file.
const PIECE: usize = 8 * 1024 * 1024;
/// Pieces of a large file that are on their way at the same time.
const PIECES: usize = 2;

/// The bytes of a file, as they come.
pub type Bytes = BoxStream<'static, Result<bytes::Bytes>>;

/// Where files are kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
}

impl Storage {
    /// Keeps files in a local folder, closed to other users.
    pub fn local(root: &Path) -> anyhow::Result<Self> {
        make_private_folder(root)
            .with_context(|| format!("could not make the folder of files {}", root.display()))?;
        let store = LocalFileSystem::new_with_prefix(root)?
            .with_automatic_cleanup(true)
            // Postgres must not know a document whose file a power cut has emptied.
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
        })
    }

    /// Key of a source in a draft.
    pub fn draft_key(workspace_id: Uuid, draft_id: Uuid, source_id: Uuid) -> String {
        format!("drafts/{workspace_id}/{draft_id}/{source_id}")
    }

    /// Key of what was parsed from a source in a draft, kept so that other chunk settings are shown at once.
    pub fn parsed_key(workspace_id: Uuid, draft_id: Uuid, source_id: Uuid) -> String {
        format!("drafts/{workspace_id}/{draft_id}/{source_id}.parsed")
    }

    /// Folder of the pages of a website, in a draft and after.
    pub fn pages_folder(workspace_id: Uuid, source_id: Uuid) -> String {
        format!("pages/{workspace_id}/{source_id}")
    }

    /// Key of one version of a page of a website.
    pub fn page_key(workspace_id: Uuid, source_id: Uuid, version_id: Uuid) -> String {
        format!("pages/{workspace_id}/{source_id}/{version_id}")
    }

    /// Key of a document.
    pub fn document_key(workspace_id: Uuid, document_id: Uuid) -> String {
        format!("documents/{workspace_id}/{document_id}")
    }

    /// Key of a file of a visitor.
    pub fn upload_key(workspace_id: Uuid, upload_id: Uuid) -> String {
        format!("uploads/{workspace_id}/{upload_id}")
    }

    /// Key of an archive of a workspace.
    pub fn export_key(workspace_id: Uuid, export_id: Uuid) -> String {
        format!("exports/{workspace_id}/{export_id}")
    }

    /// Folder of the archives of a person.
    pub fn person_folder(user_id: Uuid) -> String {
        format!("people/{user_id}")
    }

    /// Key of an archive of a person.
    pub fn person_export_key(user_id: Uuid, export_id: Uuid) -> String {
        format!("people/{user_id}/{export_id}")
    }

    /// Writes a file of any size, whole or not at all, piece by piece.
    pub async fn put_file(&self, key: &str, mut file: tokio::fs::File) -> Result<()> {
        let upload = self
            .store
            .put_multipart(&Key::from(key))
            .await
            .map_err(unavailable)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE);
        let mut buffer = vec![0; PIECE / 8];
        loop {
            let count = match file.read(&mut buffer).await {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => {
                    // What was sent so far is thrown away; the error that led here counts.
                    let _ = upload.abort().await;
                    return Err(anyhow::Error::from(error).into());
                }
            };
            upload.wait_for_capacity(PIECES).await.map_err(unavailable)?;
            upload.write(&buffer[..count]);
        }
        upload.finish().await.map_err(unavailable)?;
        Ok(())
    }

    /// Opens a file for reading piece by piece, and says how large it is; `None` when there is none.
    pub async fn open(&self, key: &str) -> Result<Option<(u64, Bytes)>> {
        match self.store.get(&Key::from(key)).await {
            Ok(found) => {
                let size = found.meta.size;
                Ok(Some((size, found.into_stream().map_err(unavailable).boxed())))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Writes a file, whole or not at all.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<()> {
        self.store
            .put(&Key::from(key), PutPayload::from(bytes))
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// Reads a file; `None` when there is none.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match self.store.get(&Key::from(key)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(unavailable)?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Copies a file; repeating it is harmless.
    pub async fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.store
            .copy(&Key::from(from), &Key::from(to))
            .await
            .map_err(unavailable)
    }

    /// Deletes a file; one that is gone already is fine.
    pub async fn delete(&self, key: &str) -> Result<()> {
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Deletes these files; those that are gone already are fine.
    pub async fn delete_all(&self, keys: &[String]) -> Result<()> {
        for key in keys {
            self.delete(key).await?;
        }
        Ok(())
    }

    /// Deletes every file of a draft.
    pub async fn delete_draft(&self, workspace_id: Uuid, draft_id: Uuid) -> Result<()> {
        self.delete_folder(&format!("drafts/{workspace_id}/{draft_id}"))
            .await?;
        Ok(())
    }

    /// Deletes every file of a workspace. Answers how many there were.
    pub async fn delete_workspace(&self, workspace_id: Uuid) -> Result<u64> {
        let mut deleted = 0;
        for kind in ["documents", "pages", "drafts", "uploads", "exports"] {
            let folder = Key::from(format!("{kind}/{workspace_id}"));
            let files: Vec<_> = self
                .store
                .list(Some(&folder))
                .try_collect()
                .await
                .map_err(unavailable)?;
            for file in files {
                self.delete(file.location.as_ref()).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Deletes every file directly in a folder. Answers how many there were.
    pub async fn delete_folder(&self, folder: &str) -> Result<u64> {
        let names = self.files(folder).await?;
        for name in &names {
            self.delete(&format!("{folder}/{name}")).await?;
        }
        Ok(names.len() as u64)
    }

    /// Names of a draft's files: ids of sources, some with `.parsed` behind.
    pub async fn draft_files(&self, workspace_id: Uuid, draft_id: Uuid) -> Result<Vec<String>> {
        self.files(&format!("drafts/{workspace_id}/{draft_id}")).await
    }

    async fn files(&self, folder: &str) -> Result<Vec<String>> {
        let listed = self
            .store
            .list_with_delimiter(Some(&Key::from(folder)))
            .await
            .map_err(unavailable)?;
        Ok(listed
            .objects
            .iter()
            .filter_map(|object| object.location.filename().map(str::to_owned))
            .collect())
    }

    /// The drafts that have files, each with its workspace.
    pub async fn drafts_with_files(&self) -> Result<Vec<(Uuid, Uuid)>> {
        let mut drafts = Vec::new();
        for workspace_id in self.folders("drafts").await? {
            let ids = self.folders(&format!("drafts/{workspace_id}")).await?;
            drafts.extend(ids.into_iter().map(|id| (workspace_id, id)));
        }
        Ok(drafts)
    }

    /// Folders directly in `prefix` that are named by an id.
    async fn folders(&self, prefix: &str) -> Result<Vec<Uuid>> {
        let listed = self
            .store
            .list_with_delimiter(Some(&Key::from(prefix)))
            .await
            .map_err(unavailable)?;
        Ok(listed
            .common_prefixes
            .iter()
            .filter_map(|p| p.filename()?.parse().ok())
            .collect())
    }
}

/// Makes a folder for us only, and closes one of ours that is open to everybody. What the operator allows a group
/// alone, such as a backup's, stays.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let metadata = fs::metadata(folder)?;
    let is_ours = own_uid() == Some(metadata.uid());
    if is_ours && metadata.mode() & 0o007 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn unavailable(error: object_store::Error) -> Error {
    Error::Unavailable {
        part: "file storage",
        source: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("files");
        let mode = || fs::metadata(&root).unwrap().mode() & 0o777;
        Storage::local(&root).unwrap();
        assert_eq!(mode(), 0o700);

        // As an earlier version made it.
        fs::set_permissions(&root, Permissions::from_mode(0o755)).unwrap();
        Storage::local(&root).unwrap();
        assert_eq!(mode(), 0o700);

        fs::set_permissions(&root, Permissions::from_mode(0o750)).unwrap();
        Storage::local(&root).unwrap();
        assert_eq!(mode(), 0o750);
    }
}
