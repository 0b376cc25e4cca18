// English that is left in the dashboard when it speaks Russian.

// Words that are the same in Russian: names, formats, addresses, and what the tests typed.
const NAMES = new RegExp(
  `\\b(${[
    "Botwright|English|Deutsch|Español|Français|Europe\\/Paris|PNG|JPEG|WebP|Shift\\+Enter|Enter|Tab|hours|API|URL|CSV|JSON|HTML|PDF|ZIP|QR|POST|SSO|Markdown|Word|PowerPoint|Excel|OpenDocument|RTF|EPUB|Office",
    "JavaScript|Python|OpenAI|OpenAI-compatible|Ollama|Cohere|Jina|Text Embeddings Inference|Notion|Google Drive|Google|Standard Webhooks|CRM",
    "robots\\.txt|UTC|PIN|BM25|KB|MB|Id|id|worker|USD|Grace Hopper|Grace|GH|Handbook|handbook|bot|Acme|Ada",
    "Aurora support|Kettles|Website|hello",
    "My workspace|A Node\\.js program|curl|self-hosted|HeadlessChrome|Chromium|Chrome|Linux|Windows|macOS|on|email|phone|card|x|p95|ms|ai|localhost",
  ].join("|")})\\b`,
  "gu",
);

// What a person or a screen reader reads in Latin letters, names left out. What people wrote themselves (dir="auto"), code
// and addresses (dir="ltr") are theirs.
export async function english(page) {
  const read = await page.evaluate(() => {
    const isForeign = (element) => element.closest("code, kbd, pre, script, style, noscript, iframe, [dir=auto], [dir=ltr]:not(html), [lang]:not(html), #boot");
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (element && !isForeign(element)) found.add(walker.currentNode.data.trim());
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        if (!element.closest("code, pre, iframe, [dir=ltr]:not(html)") && !(name === "title" && isForeign(element))) found.add(element.getAttribute(name));
      }
    }
    return [...found];
  });
  const addresses = /https?:\/\/\S*|\S+@\S+|(?<=^|\s)\/[\w*/-]+|[\w*-]+(\.[\w*-]+)+\S*|…\w+|\b[a-z]+(_[a-z]+)+\b|\b[A-Z]+(_[A-Z]+)+\b|#[\da-f]{6}\b|«[^»]*»/gu;
  return read.filter((words) => /[a-z]{2}/iu.test(words.replace(NAMES, " ").replace(addresses, " ").replace(NAMES, " ")));
}
