// A workspace in which something has happened on every page: for tests that look at all pages, and for the screenshots.

import { deployBot, signUp } from "./api.mjs";

const QUESTIONS = [
  "How long is the warranty of the Aurora K2?",
  "How do I remove limescale?",
  "How much water does the K2 hold?",
  "How long does green tea take?",
];
const UNKNOWN = "Do you ship kettles to Peru?";

// Signs up at `url`, and answers the call, the bot, the address of every page, and those that are looked at most.
export async function furnish(url) {
  const call = await signUp(url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf", {
    name: "Aurora support",
    greeting: "Hello! Ask me anything about your kettle.",
    suggested_questions: QUESTIONS.slice(0, 3),
    hand_off: { enabled: true },
    lead_form: { enabled: true },
  });
  await receive(call, bot);
  const places = await work(call, bot);
  return { call, bot, places, pages: addresses(bot, places) };
}

// What visitors leave behind.
async function receive(call, bot) {
  const at = `/bots/${bot}`;
  const ask = (message, session_id) => call("POST", `${at}/chat`, { message, session_id, page: "https://shop.example/kettles" });
  for (const question of QUESTIONS) {
    const { session_id, message_id } = await ask(question);
    await call("POST", `${at}/feedback`, { session_id, message_id, rating: "up" });
  }
  const unknown = await ask(UNKNOWN);
  await call("POST", `${at}/feedback`, {
    session_id: unknown.session_id,
    message_id: unknown.message_id,
    rating: "down",
    reason: "incomplete",
    comment: "I live in Lima.",
  });
  for (const [name, email] of [["Mary Somerville", "mary@example.com"], ["Émilie du Châtelet", "emilie@example.com"]]) {
    const { session_id } = await ask(QUESTIONS[3]);
    await call("POST", `${at}/leads`, { session_id, answers: { name, email }, consent: true, page_url: "https://shop.example/kettles" });
  }
  const { session_id } = await ask(QUESTIONS[1]);
  await call("POST", `${at}/hand-off`, { session_id });
}

// What the team does.
async function work(call, bot) {
  const [base] = await call("GET", "/kb");
  const botDraft = await call("POST", "/chatbots/draft", { from: bot });
  const baseDraft = await call("POST", "/kb/draft", {});
  const set = await call("POST", "/test-sets", { name: "Kettles" });
  for (const question of QUESTIONS.slice(0, 2)) {
    await call("POST", `/test-sets/${set.id}/cases`, { question, expectation: { kind: "answered" } });
  }
  await call("POST", `/test-sets/${set.id}/cases`, { question: UNKNOWN, expectation: { kind: "unanswerable" } });
  await call("POST", `/test-sets/${set.id}/runs`, { bot_id: bot });
  await call("POST", "/canned-replies", { shortcut: "hello", content: "Hello, this is Grace. How can I help?" });
  await call("POST", "/invitations", { role: "editor", days: 7, email: "ada@example.com" });
  await call("POST", "/api-keys", { name: "Website", scopes: ["chat"] });
  const leads = await call("GET", "/leads");
  await call("POST", `/leads/${leads.items[0].id}/notes`, { content: "Wants a call on Monday." });
  const inbox = await call("GET", "/inbox");
  const waiting = inbox.items.find((it) => it.state === "waiting");
  return { base: base.id, botDraft: botDraft.id, baseDraft: baseDraft.id, set: set.id, lead: leads.items[0].id, conversation: waiting.id };
}

function addresses(bot, places) {
  return {
    bots: "/bots",
    bot: `/bots/${bot}`,
    playground: `/bots/${bot}/test`,
    "bot-sets": `/bots/${bot}/test/sets`,
    deploy: `/bots/${bot}/deploy`,
    "bot-api": `/bots/${bot}/deploy/api`,
    "bot-conversations": `/bots/${bot}/monitor/conversations`,
    "bot-gaps": `/bots/${bot}/monitor/gaps`,
    "bot-analytics": `/bots/${bot}/monitor/analytics`,
    "new-bot": "/bots/new",
    builder: `/bots/draft/${places.botDraft}`,
    knowledge: "/knowledge",
    "knowledge-base": `/knowledge/${places.base}`,
    "knowledge-draft": `/knowledge/draft/${places.baseDraft}`,
    inbox: "/inbox",
    "inbox-conversation": `/inbox/${places.conversation}`,
    conversations: "/conversations",
    conversation: `/conversations/${places.conversation}`,
    gaps: "/conversations/gaps",
    leads: "/leads",
    lead: `/leads/${places.lead}`,
    analytics: "/analytics",
    "test-sets": "/tests",
    "test-set": `/tests/${places.set}`,
    settings: "/settings",
    data: "/settings/data",
    "inbox-settings": "/settings/inbox",
    usage: "/settings/usage",
    webhooks: "/settings/webhooks",
    audit: "/settings/audit",
    members: "/members",
    organization: "/organization",
    account: "/account",
    "link-account": "/account/link",
    "not-found": "/no-such-page",
    "foreign-conversation": `/conversations/${bot}`,
  };
}

// Opens a page of the dashboard and waits until all of it is there.
export async function open(page, url, address) {
  await page.goto(`${url}${address}`);
  await settled(page);
}

export async function settled(page) {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => document.querySelector("h1, h2") && !document.querySelector("#boot, [aria-busy=true]"));
}
