// What the parts that are loaded later have in common: finding elements of the chat, and making some.

export const part = (name, scope = document) => scope.querySelector(`[data-part="${name}"]`);
export const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  element.append(...children);
  return element;
};
