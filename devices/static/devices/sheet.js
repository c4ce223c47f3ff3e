// Prints the sheet of enrolment keys.
document.getElementById("print").addEventListener("click", () => window.print());
