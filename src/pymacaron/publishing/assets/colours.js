// Before anything is shown: scripts run here, and which colours the reader has chosen.
"use strict";
{
  const page = document.documentElement;
  page.dataset.scripted = "";
  try {
    page.dataset.colours = localStorage.getItem("pymacaron.colours") ?? "";
  } catch {
    page.dataset.colours = ""; // where nothing may be stored, the system's colours are shown
  }
}
