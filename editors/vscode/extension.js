// Starts the language server that comes with dicomedit.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function serverOptions() {
  const settings = vscode.workspace.getConfiguration("dicomedit");
  const dialect = settings.get("dialect");
  const forced = dialect === "automatic" ? [] : ["--dialect", dialect];
  return { command: settings.get("command"), args: ["lsp", ...forced] };
}

async function start() {
  client = new LanguageClient("dicomedit", "DicomEdit", serverOptions(), {
    documentSelector: [{ language: "dicomedit" }],
  });
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(
      `The DicomEdit language server did not start: ${error.message}. ` +
        'Install it with pip install "dicomedit[lsp]", or say where it is in dicomedit.command.'
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running !== undefined && running.isRunning()) {
    await running.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("dicomedit.restart", restart),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("dicomedit")) {
        await restart();
      }
    })
  );
  await start();
}

module.exports = { activate, deactivate: stop };
