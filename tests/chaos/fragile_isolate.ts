/**
 * An isolate that can be made to die; everything else is the real one. Imported, not awaited: a Worker is told what came
 * meanwhile while its module waits, and "start" is said once.
 */
// the first of them hears first
import "./fragility.ts";
import "../../src/process/isolate.ts";
