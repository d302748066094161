import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { expect, test } from "vitest";
import { Menu, MenuItem } from "./menu";

function Chosen() {
  const [chosen, setChosen] = useState("nothing");
  const choose = () => setChosen((before) => (before === "nothing" ? "this" : "this twice"));
  return (
    <>
      <output>{chosen}</output>
      <Menu trigger={<button type="button">Choose</button>}>
        <MenuItem onSelect={choose}>This</MenuItem>
      </Menu>
    </>
  );
}

test("what was chosen shows its sign while the menu is still open, which then closes by itself", async () => {
  render(<Chosen />);
  fireEvent.click(screen.getByRole("button", { name: "Choose" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "This" }));
  expect(screen.getByRole("status").textContent).toBe("this");
  expect(screen.getByRole("menu").hasAttribute("data-open")).toBe(true);
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
});

test("what is pressed twice is done once", async () => {
  render(<Chosen />);
  fireEvent.click(screen.getByRole("button", { name: "Choose" }));
  const item = await screen.findByRole("menuitem", { name: "This" });
  fireEvent.click(item);
  fireEvent.click(item);
  fireEvent.keyDown(item, { key: "Enter" });
  expect(screen.getByRole("status").textContent).toBe("this");
});

test("Escape closes a menu, and nothing is chosen", async () => {
  render(<Chosen />);
  fireEvent.click(screen.getByRole("button", { name: "Choose" }));
  const menu = await screen.findByRole("menu");
  act(() => menu.focus());
  fireEvent.keyDown(menu, { key: "Escape" });
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  expect(screen.getByRole("status").textContent).toBe("nothing");
});
