// Signing in without a password: an account at an issuer, a passkey, a wallet; and all of them in one account.

import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";
import { startServer } from "./server.mjs";

const ADA = { sub: "ada-1", name: "Ada Lovelace", email: "ada@example.com", email_verified: true };

test("a person signs in without a password", async (t) => {
  const issuer = await startIssuer(t, "Example Corp", ADA);
  // Passkeys belong to a name.
  const server = await startServer(t, "sign_in", (port) => ({
    ...issuer.settings,
    BOTWRIGHT_PUBLIC_URL: `http://localhost:${port}`,
    BOTWRIGHT_SIGN_IN__WALLETS: "true",
  }));
  const url = server.url.replace("127.0.0.1", "localhost");
  const browser = await openBrowser(t, "sign_in");
  const page = await browser.newPage();
  await addDevices(page);

  await cancelAtIssuer(page, browser, url);
  await makeAccount(page, browser, url);
  await addPasskey(page, browser, url);
  await addWallet(page, browser);
  for (const way of ["Continue with Example Corp", "Sign in with a passkey", "Continue with Solana wallet"]) {
    await signOut(page);
    await page.goto(`${url}/sign-in?next=/account`);
    await page.getByRole("button", { name: way }).click();
    if (way.includes("Corp")) await page.getByRole("link", { name: "Continue as Ada" }).click();
    await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
  }
  await removeWays(page, browser);
  await lookOnPhone(browser, url);
  // Whoever is not known yet, and what is cancelled, is answered with 401.
  const complaints = browser.complaints.filter((text) => !/status of 401/.test(text));
  assertNoComplaints({ complaints });
});

// A passkey of the device, and a wallet of Solana's that signs with a key of this test.
async function addDevices(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const address = base58(Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url"));
  await page.exposeFunction("signWithWallet", (bytes) => [...sign(null, Buffer.from(bytes), privateKey)]);
  await page.addInitScript((address) => {
    window.solana = {
      publicKey: null,
      async connect() {
        this.publicKey = { toString: () => address };
        return { publicKey: this.publicKey };
      },
      async signMessage(bytes) {
        return { signature: Uint8Array.from(await window.signWithWallet([...bytes])) };
      },
    };
  }, address);
}

async function cancelAtIssuer(page, browser, url) {
  await page.goto(`${url}/sign-in`);
  await page.getByRole("button", { name: "Continue with Example Corp" }).waitFor();
  await browser.shoot(page, "sign-in");
  await page.getByRole("button", { name: "Continue with Example Corp" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByText("You did not go on at Example Corp").waitFor();
  await browser.shoot(page, "cancelled");
  await page.getByRole("link", { name: "Back to signing in" }).click();
}

async function makeAccount(page, browser, url) {
  await page.goto(`${url}/sign-up`);
  await page.getByRole("button", { name: "Continue with Example Corp" }).click();
  await page.getByRole("link", { name: "Continue as Ada" }).click();
  await page.getByText("Example Corp: ada@example.com").waitFor();
  await browser.shoot(page, "new-account");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
}

async function addPasskey(page, browser, url) {
  await page.goto(`${url}/account`);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await dialog.getByLabel("Name").fill("Work laptop");
  await dialog.getByText("You have no password").waitFor();
  await browser.shoot(page, "add-passkey");
  await dialog.getByRole("button", { name: "Continue" }).click();
  await page.getByTestId("way").filter({ hasText: "Work laptop" }).waitFor();
}

async function addWallet(page, browser) {
  await page.getByRole("button", { name: "Add Solana wallet" }).click();
  const dialog = page.getByRole("dialog", { name: "Add Solana wallet" });
  await dialog.getByRole("button", { name: "Continue" }).click();
  await page.getByTestId("way").filter({ hasText: "Solana wallet" }).waitFor();
  await browser.shoot(page, "ways");
}

async function signOut(page) {
  await page.getByRole("button", { name: "Account", exact: true }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  // Exactly: the page that is left has "Ways to sign in", and going elsewhere too soon would leave the session open.
  await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
}

async function removeWays(page, browser) {
  const ways = page.getByTestId("way");
  for (const name of ["Solana wallet", "Work laptop"]) {
    await ways.filter({ hasText: name }).getByRole("button").click();
    const dialog = page.getByRole("dialog", { name: "Remove this way to sign in?" });
    await dialog.getByRole("button", { name: "Remove" }).click();
    await ways.filter({ hasText: name }).waitFor({ state: "detached" });
  }
  // The last one can't be removed.
  await ways.filter({ hasText: "Example Corp" }).waitFor();
  await ways.getByRole("button").waitFor({ state: "detached" });
  await browser.shoot(page, "last-way");
}

async function lookOnPhone(browser, url) {
  const phone = await browser.newPage({
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    colorScheme: "dark",
  });
  await phone.goto(`${url}/sign-in?next=/account`);
  await phone.getByRole("button", { name: "Continue with Example Corp" }).click();
  await phone.getByRole("link", { name: "Continue as Ada" }).click();
  await phone.getByRole("list", { name: "Ways to sign in" }).scrollIntoViewIfNeeded();
  await browser.shoot(phone, "phone");
}

function base58(bytes) {
  const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let number = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = letters[Number(number % 58n)] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros) + text;
}
