/* Makes a form of each quiz on the page. Without this script a quiz is a list of choices and a folded answer, which holds
   the feedback on each choice and the explanation; nothing is written here that doesn't stand there. */

(() => {
  "use strict";

  const make = (name, className, ...inside) => {
    const element = document.createElement(name);
    element.className = className;
    element.append(...inside);
    return element;
  };

  const build = (quiz, number) => {
    const list = quiz.querySelector(":scope > ul");
    const answer = quiz.querySelector(":scope > details");
    const feedback = answer && answer.querySelector(":scope > ul");
    if (!list || !feedback || list.children.length !== feedback.children.length) return;

    const question = quiz.querySelector(":scope > p");
    question.id = `quiz-${number + 1}`;
    const form = make("div", "quiz-form");
    form.setAttribute("role", "group");
    form.setAttribute("aria-labelledby", question.id);
    const count = make("p", "quiz-count");
    count.setAttribute("aria-live", "polite");

    const choices = [...list.children].map((item, index) => {
      const text = item.querySelector(":scope > p") || item;
      const letter = text.querySelector(":scope > strong");
      const rest = make("span", "");
      letter.remove();
      rest.append(...text.childNodes);
      const button = make("button", "quiz-choice", letter, rest);
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      const told = feedback.children[index];
      const line = told.querySelector(":scope > p") || make("p", "", ...told.childNodes);
      line.querySelector(":scope > strong").remove();
      const said = make("div", "quiz-said");
      said.setAttribute("aria-live", "polite");
      form.append(button, said);
      return { button, said, line, right: line.textContent.trim().startsWith("✓") };
    });
    const right = choices.filter(choice => choice.right).length;

    const show = (choice, picked) => {
      choice.button.setAttribute("aria-pressed", String(picked));
      choice.button.classList.toggle(choice.right ? "right" : "wrong", picked);
      choice.said.replaceChildren(...(picked ? [choice.line] : []));
    };
    const pick = chosen => {
      if (right === 1) choices.forEach(choice => show(choice, false));
      show(chosen, true);
      const found = choices.filter(choice => choice.right && choice.said.hasChildNodes()).length;
      if (right > 1) count.textContent = `${found} of ${right} right choices found`;
    };
    choices.forEach(choice => choice.button.addEventListener("click", () => pick(choice)));

    list.replaceWith(form);
    form.append(count);
    feedback.remove();
    const summary = answer.querySelector(":scope > summary");
    (summary.querySelector("p, span") || summary).textContent = "Explanation";
  };

  document.querySelectorAll("div.quiz").forEach(build);
})();
