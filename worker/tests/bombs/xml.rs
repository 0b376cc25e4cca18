//! XML that grows or nests without end, and sheets with a cell at the far corner.

use super::zips::{opendocument, zip};
use super::{Bomb, bomb};

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/PART" ContentType="application/vnd.openxmlformats-officedocument.KIND.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="PART"/></Relationships>"#;

const PRESENTATION: &str = r#"xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
const SLIDE: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide" Target="slides/slide1.xml"/></Relationships>"#;

fn office(kind: &str, part: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let types = TYPES.replace("PART", part).replace("KIND", kind);
    let relations = RELATIONS.replace("PART", part);
    let mut all: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
    ];
    all.extend(parts);
    zip(&all)
}

fn word(body: &str) -> Vec<u8> {
    let document = format!(
        "{}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}",
        laughs("w:document")
    );
    office(
        "wordprocessingml.document",
        "word/document.xml",
        &[("word/document.xml", document.as_bytes())],
    )
}

fn excel(sheet: &str, strings: &str) -> Vec<u8> {
    const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    const RELATED: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let book = format!(
        "<workbook {MAIN} xmlns:r=\"{RELATED}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let relations = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
         Type=\"{RELATED}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" \
         Type=\"{RELATED}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let sheet = format!("<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>");
    let strings = format!("<sst {MAIN}>{strings}</sst>");
    office(
        "spreadsheetml.sheet",
        "xl/workbook.xml",
        &[
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
            ("xl/sharedStrings.xml", strings.as_bytes()),
        ],
    )
}

/// A billion laughs.
fn laughs(root: &str) -> String {
    let mut entities = String::from("<!ENTITY l0 \"lol\">");
    for n in 1..10 {
        entities += &format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    }
    format!("<?xml version=\"1.0\"?><!DOCTYPE {root} [{entities}]>")
}

fn text(body: &str) -> Vec<u8> {
    let content = format!(
        "{}<office:document-content><office:body><office:text>{body}</office:text></office:body></office:document-content>",
        laughs("office:document-content")
    );
    opendocument("text", content.as_bytes())
}

fn sheet(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"S\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    opendocument("spreadsheet", content.as_bytes())
}

pub fn all() -> Vec<Bomb> {
    let open_and_close = |tag: &str, count: usize| {
        format!(
            "{}{}",
            format!("<{tag}>").repeat(count),
            format!("</{tag}>").repeat(count)
        )
    };
    let word_tables = format!(
        "{}<w:p><w:r><w:t>deep</w:t></w:r></w:p>{}</w:body></w:document>",
        "<w:tbl><w:tr><w:tc>".repeat(30_000),
        "</w:tc></w:tr></w:tbl>".repeat(30_000)
    );
    let shared = format!("<si><t>{}</t></si>", "long text ".repeat(10_000));
    let cells: String = (1..100_000)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c><c r=\"B{row}\" t=\"s\"><v>0</v></c></row>"))
        .collect();
    let corner = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row>";
    let merged = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref=\"A1:XFD1048576\"/>\
        </mergeCells><sheetData>";
    let far = "<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell \
        table:number-columns-repeated=\"16384\"><text:p>x</text:p></table:table-cell></table:table-row>";
    let far = far.repeat(2_000);
    let slide = format!(
        "<p:sld {PRESENTATION}><p:cSld><p:spTree>{}{}</p:spTree></p:cSld></p:sld>",
        "<p:grpSp>".repeat(100_000),
        "</p:grpSp>".repeat(100_000)
    );
    vec![
        bomb(
            "a billion laughs in a DOCX",
            "a.docx",
            word("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>"),
        ),
        bomb(
            "a billion laughs in an ODT",
            "a.odt",
            text("<text:p>&l9; and text</text:p>"),
        ),
        bomb(
            "200,000 levels of XML in an ODT",
            "a.odt",
            text(&open_and_close("text:span", 200_000)),
        ),
        bomb(
            "sections nested in an ODT",
            "a.odt",
            text(&open_and_close("text:section", 1_900)),
        ),
        bomb("tables within tables in a DOCX", "a.docx", word(&word_tables)),
        bomb(
            "shapes within shapes in a PPTX",
            "a.pptx",
            office(
                "presentationml.presentation",
                "ppt/presentation.xml",
                &[
                    (
                        "ppt/presentation.xml",
                        format!("<p:presentation {PRESENTATION}><p:sldIdLst><p:sldId r:id=\"rId1\"/></p:sldIdLst></p:presentation>")
                            .as_bytes(),
                    ),
                    ("ppt/_rels/presentation.xml.rels", SLIDE.as_bytes()),
                    ("ppt/slides/slide1.xml", slide.as_bytes()),
                ],
            ),
        ),
        bomb("a cell at XFD1048576", "a.xlsx", excel(corner, "")),
        bomb("a merge of all cells", "a.xlsx", excel(merged, "")),
        bomb(
            "one long string in 200,000 cells",
            "a.xlsx",
            excel(&cells, &shared),
        ),
        bomb("17 billion cells in an ODS, 2,000 times", "a.ods", sheet(&far)),
    ]
}
