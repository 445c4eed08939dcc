// Counts, and the one last line that says them.
export const count = { passed: 0, failed: 0, skipped: 0 };

export function check(label, ok, why = "") {
	if (ok) {
		count.passed++;
		return true;
	}
	count.failed++;
	console.log(`FAIL: ${label}${why ? ": " + why : ""}`);
	return false;
}

export function skip(label) {
	count.skipped++;
	console.log(`SKIPPED: ${label}`);
}

export function done(name) {
	console.log(`${name}: ${count.passed} passed, ${count.failed} failed, ` +
	    `${count.skipped} skipped`);
	process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
}
