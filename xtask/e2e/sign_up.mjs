// A newcomer makes an account.

export async function signUp(page, url) {
  await page.goto(url);
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.getByLabel("E-mail address").fill("ada@example.com");
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("correct horse battery");
  // By the keyboard: the field goes from the page while it has the focus.
  await password.press("Enter");
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
}
