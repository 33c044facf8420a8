// `npm start`: from a fresh clone to a running HQ server.
import { ensureBuild, ensureDependencies, ensureDolt, gt } from './prepare.mjs';

try {
  ensureDependencies();
  ensureBuild();
  ensureDolt();
  gt(['dolt', 'start']);
  gt(['dolt', 'status']);
} catch (error) {
  // The step itself has said what is wrong.
  process.exit(typeof error?.status === 'number' ? error.status : 1);
}
process.stdout.write(`
Next:
  npm link                 put gt and bd on your PATH
  gt dolt sql              a SQL shell on the HQ database
  gt dolt logs -f          its log
  gt dolt init-rig NAME    one more rig
  cd PROJECT && bd init    issues for a project (bd init --server: on this server)
  gt dolt stop             stop everything
`);
