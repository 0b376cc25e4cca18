//! From the tree to elements.

use leptos::prelude::*;

use super::parse::{Kind, Node, parse};

/// Shows Markdown. `cite` makes the view of a citation.
pub fn render(text: &str, cite: &dyn Fn(u32) -> AnyView) -> AnyView {
    let nodes = parse(text);
    view! {
        <div class="prose-chat" dir="auto">
            {all(nodes, cite)}
        </div>
    }
    .into_any()
}

fn all(nodes: Vec<Node>, cite: &dyn Fn(u32) -> AnyView) -> Vec<AnyView> {
    nodes.into_iter().map(|node| one(node, cite)).collect()
}

fn one(node: Node, cite: &dyn Fn(u32) -> AnyView) -> AnyView {
    match node {
        Node::Text(text) => text.into_any(),
        Node::Code(code) => view! { <code>{code}</code> }.into_any(),
        Node::Citation(number) => cite(number),
        Node::Break => view! { <br /> }.into_any(),
        Node::Rule => view! { <hr class="border-base-300" /> }.into_any(),
        Node::Element(kind, nodes) => element(kind, all(nodes, cite)),
    }
}

fn element(kind: Kind, content: Vec<AnyView>) -> AnyView {
    match kind {
        Kind::Paragraph => view! { <p>{content}</p> }.into_any(),
        Kind::Heading => view! { <p class="font-semibold">{content}</p> }.into_any(),
        Kind::Quote => view! { <blockquote>{content}</blockquote> }.into_any(),
        Kind::CodeBlock => view! { <pre tabindex="0"><code>{content}</code></pre> }.into_any(),
        Kind::Bullets => view! { <ul>{content}</ul> }.into_any(),
        Kind::Numbers(first) => view! { <ol start=first.to_string()>{content}</ol> }.into_any(),
        Kind::Item => view! { <li>{content}</li> }.into_any(),
        Kind::Table => {
            view! { <div class="table-scroll"><table><tbody>{content}</tbody></table></div> }.into_any()
        }
        Kind::Row => view! { <tr>{content}</tr> }.into_any(),
        Kind::HeadCell => view! { <th>{content}</th> }.into_any(),
        Kind::Cell => view! { <td>{content}</td> }.into_any(),
        Kind::Emphasis => view! { <em>{content}</em> }.into_any(),
        Kind::Strong => view! { <strong>{content}</strong> }.into_any(),
        Kind::Strike => view! { <s>{content}</s> }.into_any(),
        Kind::Link(url) => view! {
            <a class="link-plain underline" href=url target="_blank" rel="noopener noreferrer nofollow">
                {content}
            </a>
        }
        .into_any(),
        Kind::Nothing => content.into_any(),
    }
}
