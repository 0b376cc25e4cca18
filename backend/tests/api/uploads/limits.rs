//! Sizes and sums: nobody fills the disk, and nothing large is held in memory.

use api_types::ErrorCode;
use api_types::uploads::{MAX_CONVERSATION_BYTES, MAX_UPLOAD_BYTES, MAX_WAITING_BYTES, MAX_WORKSPACE_BYTES};
use reqwest::{Body, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Fixture, form, plain};
use crate::support::refused;

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_are_taken_and_a_byte_more_is_not() {
    let it = plain().await;
    let most = vec![b'a'; usize::try_from(MAX_UPLOAD_BYTES).unwrap()];
    assert_eq!(it.sent("long.txt", &most).await.size, MAX_UPLOAD_BYTES);
    let more = [&most[..], b"b"].concat();
    let problem = refused(
        it.send("long.txt", &more),
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::PayloadTooLarge,
    )
    .await;
    assert_eq!(problem.errors[0].field, "file");
    assert_eq!(it.files(), 1);
}

/// A body that says how long it is, is refused before any of it is sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_says_that_it_is_too_large_is_not_read() {
    let it = plain().await;
    let mut socket = TcpStream::connect(it.app.state.config.listen).await.unwrap();
    let head = format!(
        "POST /api/v1/bots/{}/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n\
         Content-Length: 99999999999\r\n\r\n",
        it.bot
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

/// One that does not say it is cut off where it gets too large: this one never ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_an_end_is_cut_off() {
    let it = plain().await;
    let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    let chunk = vec![b'a'; 64 * 1024];
    let endless = futures::stream::iter(
        std::iter::once(head.as_bytes().to_vec())
            .chain(std::iter::repeat(chunk))
            .map(Ok::<_, std::io::Error>),
    );
    let request = it
        .public("uploads")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Body::wrap_stream(endless));
    // The client may learn of it by the answer, or by the connection that is gone.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(it.files(), 0);
}

/// As if so many bytes were there already.
async fn pretend(it: &Fixture, bytes: u64) {
    let sql = "insert into uploads (workspace_id, id, bot_id, name, media_type, size)
               select workspace_id, gen_random_uuid(), id, 'x', 'text/plain', $1 from bots";
    sqlx::query(sql)
        .bind(i64::try_from(bytes).unwrap())
        .execute(&mut it.owner().await)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_much_waits_for_a_message() {
    let it = plain().await;
    pretend(&it, MAX_WAITING_BYTES - 3).await;
    it.sent("a.txt", b"Hi.").await;
    let full = it.send("b.txt", b"Hi.");
    refused(full, StatusCode::CONFLICT, ErrorCode::UploadsFull).await;
    assert_eq!(it.files(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_and_a_workspace_keep_only_so_much() {
    let it = plain().await;
    let first = it.sent("a.txt", b"Hi.").await;
    let late = it.sent("b.txt", b"Hi.").await;
    let chat = it.said("Hi", None, &[first.id]).await;
    let resize = async |bytes: u64| {
        sqlx::query("update uploads set size = $1 where message_id is not null")
            .bind(i64::try_from(bytes).unwrap())
            .execute(&mut it.owner().await)
            .await
            .unwrap();
    };
    resize(MAX_CONVERSATION_BYTES).await;
    let more = it
        .public(&format!("uploads?session_id={}", chat.session_id))
        .multipart(form("c.txt", b"Hi."));
    refused(more, StatusCode::CONFLICT, ErrorCode::UploadsFull).await;
    // Nor through the message, where it was sent before there was a conversation.
    refused(
        it.say("More", Some(chat.session_id), &[late.id]),
        StatusCode::CONFLICT,
        ErrorCode::UploadsFull,
    )
    .await;
    resize(MAX_WORKSPACE_BYTES).await;
    refused(
        it.send("d.txt", b"Hi."),
        StatusCode::CONFLICT,
        ErrorCode::UploadsFull,
    )
    .await;
}
