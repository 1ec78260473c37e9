// Parses every M expression of a semantic model with the parser of Power Query: node m_syntax.mjs FOLDER/definition
import parser from "@microsoft/powerquery-parser";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const depth = (line) => line.length - line.replace(/^\t+/, "").length;

/** The M expressions of a TMDL file: what follows an equals sign, on its line or indented below it. */
function* expressions(text) {
    const lines = text.split("\n");
    for (let at = 0; at < lines.length; at++) {
        const found = /^\t*(expression \S+|source|sourceExpression) = ?(.*)$|^\t*(expression \S+|source|sourceExpression) =$/.exec(lines[at]);
        if (!found) continue;
        const name = found[1] ?? found[3];
        if (found[2]) {
            yield [name, found[2]];
            continue;
        }
        const block = [];
        while (at + 1 < lines.length && lines[at + 1].trim() && depth(lines[at + 1]) > depth(lines[at - block.length]) && !/^\t(lineageTag|annotation)/.test(lines[at + 1])) {
            block.push(lines[++at]);
        }
        yield [name, block.join("\n")];
    }
}

const folder = process.argv[2];
const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".tmdl")).sort();
let parsed = 0;
let failed = 0;
for (const file of files) {
    for (const [name, text] of expressions(readFileSync(join(folder, file), "utf8"))) {
        const result = await parser.TaskUtils.tryLexParse(parser.DefaultSettings, text);
        if (parser.TaskUtils.isParseStageOk(result)) {
            parsed++;
        } else {
            failed++;
            console.log(`${file}: ${name}: ${result.error?.message}`);
        }
    }
}
console.log(`${parsed} M expressions parsed, ${failed} failed`);
process.exit(failed || !parsed ? 1 : 0);
