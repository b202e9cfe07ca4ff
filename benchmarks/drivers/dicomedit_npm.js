// Run a script with the npm package dicomedit over a folder's files: SCRIPT IN OUT.
// It knows the language up to version 6.3; the jobs use nothing newer.

const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const folder = process.env.DICOMEDIT_BENCH_NPM;
const { Anonymizer } = createRequire(path.join(folder, "package.json"))(
  "dicomedit/dist/node/dicomedit.min",
);

async function main([scriptFile, source, out]) {
  const script = fs.readFileSync(scriptFile, "utf8").replace('version "6.6"', 'version "6.3"');
  fs.mkdirSync(out, { recursive: true });
  for (const name of fs.readdirSync(source).sort()) {
    const anonymizer = new Anonymizer(script);
    anonymizer.loadDcmUsingFileName(path.join(source, name));
    await anonymizer.applyRules();
    fs.writeFileSync(path.join(out, name), new Uint8Array(anonymizer.write()));
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
