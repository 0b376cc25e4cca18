//! Tables and code.

use api_types::kb::ChunkStrategy;

use super::{count, cut, sentences, texts};

#[test]
fn tables_and_code_stay_whole_if_they_fit() {
    let rows: String = (0..8).map(|i| format!("| Row {i} | {i} min |\n")).collect();
    let table = format!("| Programme | Time |\n| --- | --- |\n{rows}");
    let code = "```sh\n# no heading\nlog --dose 20\nlog --water 320\n```";
    let text = format!(
        "## Brewing\n\n{}\n\n{table}\n{}\n\n{code}\n\n{}",
        sentences(9),
        sentences(3),
        sentences(9)
    );
    for strategy in [
        ChunkStrategy::Recursive,
        ChunkStrategy::Heading,
        ChunkStrategy::Page,
    ] {
        let size = u16::try_from(count(&table)).expect("small");
        let chunks = cut(&text, strategy, size, 10);
        assert!(
            chunks.iter().any(|chunk| chunk.text.contains(table.trim_end())),
            "{strategy:?} tore the table: {:#?}",
            texts(&chunks)
        );
        assert!(
            chunks.iter().any(|chunk| chunk.text.contains(code)),
            "{strategy:?} tore the code"
        );
        assert!(chunks.iter().all(|chunk| chunk.heading_path == ["Brewing"]));
    }
}

#[test]
fn rows_of_a_long_table_know_its_head() {
    let rows: String = (0..60)
        .map(|i| format!("| Bicycle {i} | {} euros |\n", 100 + i))
        .collect();
    let head = "| Name | Price |\n| --- | --- |";
    let text = format!("## Stock\n\n{}\n\n{head}\n{rows}\n{}", sentences(2), sentences(2));
    for strategy in [
        ChunkStrategy::Recursive,
        ChunkStrategy::Heading,
        ChunkStrategy::Page,
        ChunkStrategy::Adaptive,
    ] {
        let chunks = cut(&text, strategy, 80, 10);
        let with_rows: Vec<_> = chunks
            .iter()
            .filter(|chunk| chunk.text.contains("Bicycle"))
            .collect();
        assert!(with_rows.len() > 4, "{strategy:?}: {:#?}", texts(&chunks));
        for chunk in &with_rows {
            assert!(chunk.text.contains(head), "{strategy:?}: {}", chunk.text);
            assert!(count(&chunk.text) <= 80, "{strategy:?}: {}", chunk.text);
        }
        for i in 0..60 {
            let row = format!("| Bicycle {i} | {} euros |", 100 + i);
            let holding = with_rows.iter().filter(|chunk| chunk.text.contains(&row));
            assert_eq!(holding.count(), 1, "{strategy:?}: {row}");
        }
    }
}
