"""Ways people get the training loop wrong."""

from vibejam_core.course.known import Mistake, edit, whole

SIT = "    with run.sitting():\n"
NEW = "if run.step == 0:"
FIRST = "run.measure(learning_rate_at(0, config))"
WHILE = "while run.step < config.max_iters:"
STOP = "if run.must_stop() or should_stop_early(run.val_losses, config.patience):"
STOPPING = f"            {STOP}\n                break\n"
RATE = "learning_rate = learning_rate_at(run.step, config)"
DRAW = "batches = [run.next_batch() for _ in range(config.accumulate)]"
STEP = "train_step(run.model, run.optimizer, batches, learning_rate, config.grad_clip)"
TICK = f"run.tick({STEP})"
DUE = "if run.step % config.eval_interval == 0 or run.step == config.max_iters:"
SAVE = "run.save(run.measure(learning_rate))"
KEEPING = f"            {DUE}\n                {SAVE}\n"
UNSAVED = "        if run.saved_step != run.step:\n            run.save()\n"
RETURN = "    return run.outcome()\n"
START = "    config = run.config\n"

LM = "def train_lm(run: Run) -> Outcome:\n"


def due(new):
    """The run is measured and saved at other times."""
    return edit(DUE, new)


def stop(new):
    """Whether to stop is asked in another way."""
    return edit(STOP, new)


MISTAKES = {
    "trainer.train_lm": [
        # The steps
        Mistake("one step too few is made", edit(WHILE, "while run.step < config.max_iters - 1:")),
        Mistake("one step too many is made", edit(WHILE, "while run.step <= config.max_iters:")),
        Mistake("only one step is made: it should be while, not if", edit(WHILE, "if run.step < config.max_iters:", "                break\n", "                return run.outcome()\n")),
        Mistake("it makes max_iters steps more, not in all", edit(WHILE, "for _ in range(config.max_iters):")),
        Mistake("it trains until it must stop, and has no other end", edit(WHILE, "while True:")),
        Mistake("run.step is counted once more beside run.tick", edit(TICK, TICK + "\n            run.step += 1")),
        Mistake("run.tick is never called, so no step is ever counted", edit(TICK, STEP)),
        Mistake("run.step is counted by hand, so nobody is told of the loss", edit(TICK, f"{STEP}\n            run.step += 1")),
        Mistake("run.tick is called for every batch of a step", edit(TICK, f"loss = {STEP}\n            for _ in batches:\n                run.tick(loss)")),
        Mistake("the model never takes a step: only the loss is computed", edit(TICK, "run.tick(sum(run.model(x, y)[1].item() for x, y in batches) / len(batches))")),
        Mistake("each batch has a step of its own", edit(TICK, "losses = [train_step(run.model, run.optimizer, [batch], learning_rate, config.grad_clip) for batch in batches]\n            run.tick(sum(losses) / len(losses))")),
        Mistake("the step is made twice with the same batches", edit(TICK, f"{STEP}\n            {TICK}")),
        Mistake("an optimiser is made anew for each step, so that it remembers nothing", edit(TICK, "optimizer = run.model.configure_optimizers(learning_rate, config.weight_decay)\n            " + TICK.replace("run.optimizer", "optimizer"))),
        Mistake("the loss that is told is 0", edit(TICK, f"{STEP}\n            run.tick(0.0)")),
        Mistake("the loss that is told is the sum over the batches", edit(TICK, f"run.tick({STEP} * config.accumulate)")),
        Mistake("the loss that is told is a tensor of its own, rounded", edit(TICK, f"run.tick(round({STEP}, 1))")),
        Mistake("the loss that is told is that of the step before", edit(TICK, f"last, loss = locals().get('loss', 0.0), {STEP}\n            run.tick(last)")),
        Mistake("the learning rate is told, not the loss", edit(TICK, f"{STEP}\n            run.tick(learning_rate)")),
        Mistake("a small loss ends training", edit(TICK, f"loss = {STEP}\n            run.tick(loss)\n            if loss < 1:\n                break")),
        # Batches
        Mistake("config.accumulate is ignored, or one batch is used that often", edit(DRAW, "batches = [run.next_batch()]")),
        Mistake("one batch too many is drawn for each step", edit(DRAW, DRAW.replace("config.accumulate)", "config.accumulate + 1)"))),
        Mistake("batch_size batches are drawn for each step", edit(DRAW, DRAW.replace("config.accumulate", "config.batch_size"))),
        Mistake("the batches are drawn once, before the first step, and used for all", edit("        " + WHILE, f"        {DRAW}\n        {WHILE}", f"            {DRAW}\n            run.tick", "            run.tick")),
        Mistake("the next step's batches are drawn ahead, and lost when the run stops", edit("        " + WHILE, f"        {DRAW}\n        {WHILE}", f"            {DRAW}\n            run.tick", "            run.tick", TICK, f"{TICK}\n            {DRAW}")),
        Mistake("batches are drawn before it is asked whether to stop, and are lost then", edit(STOPPING, f"            {DRAW}\n{STOPPING}", f"            {RATE}\n            {DRAW}\n", f"            {RATE}\n")),
        Mistake("the batches of all steps are drawn before the first", edit("        " + WHILE, f"        drawn = [run.next_batch() for _ in range(config.accumulate * (config.max_iters - run.step))]\n        {WHILE}", DRAW, "batches = [drawn.pop(0) for _ in range(config.accumulate)]")),
        Mistake("the inputs are trained to be predicted from the targets", edit(DRAW, "batches = [run.next_batch()[::-1] for _ in range(config.accumulate)]")),
        Mistake("a batch is drawn for the first measurement", edit(FIRST, f"run.next_batch()\n            {FIRST}")),
        # The learning rate
        Mistake("the learning rate is that of the step after", edit(RATE, RATE.replace("run.step", "run.step + 1"))),
        Mistake("the learning rate is that of the step before", edit(RATE, RATE.replace("run.step", "max(0, run.step - 1)"))),
        Mistake("the learning rate is always the highest", edit(RATE, "learning_rate = config.learning_rate")),
        Mistake("the learning rate is always that of step 0", edit(RATE, RATE.replace("run.step", "0"))),
        Mistake("the learning rate is computed once, before the loop", edit("        " + WHILE, f"        {RATE}\n        {WHILE}", f"            {RATE}\n            batches", "            batches")),
        Mistake("the schedule starts again when a run is resumed", edit(START, START + "    began = run.step\n", RATE, RATE.replace("run.step", "run.step - began"))),
        Mistake("the schedule counts batches, not steps", edit(RATE, RATE.replace("run.step", "min(run.step * config.accumulate, config.max_iters - 1)"))),
        Mistake("the learning rate is divided by accumulate", edit(STEP, STEP.replace("learning_rate,", "learning_rate / config.accumulate,"))),
        Mistake("the optimiser's own learning rate is used", edit(RATE, 'learning_rate = run.optimizer.param_groups[0]["lr"]')),
        Mistake("the gradient isn't clipped: config.grad_clip isn't handed on", edit(", config.grad_clip)", ")")),
        Mistake("the gradient is clipped to 1, whatever the config says", edit(", config.grad_clip)", ", 1.0)")),
        # Measuring
        Mistake("a new run isn't measured before its first step", edit(f"        {NEW}\n            {FIRST}\n", "")),
        Mistake("every run is measured first, a resumed one too", edit(NEW, "if True:")),
        Mistake("a resumed run is measured first, and a new one is not", edit(NEW, "if run.step > 0:")),
        Mistake("the first measurement comes after the first step", edit(f"        {NEW}\n            {FIRST}\n", "", TICK, f"{TICK}\n            if run.step == 1:\n                run.measure(learning_rate)")),
        Mistake("the first measurement is told a learning rate of 0", edit(FIRST, "run.measure(0.0)")),
        Mistake("the first measurement is told the highest learning rate", edit(FIRST, "run.measure(config.learning_rate)")),
        Mistake("the run is saved after the first measurement, too", edit(FIRST, f"run.save({FIRST})")),
        Mistake("the run is saved at step 0 without a measurement", edit(FIRST, "run.save()")),
        Mistake("a run is measured only at its end", due("if run.step == config.max_iters:")),
        Mistake("a run is not measured at its end if that isn't on an interval", due("if run.step % config.eval_interval == 0:")),
        Mistake("a run is measured after every step", due("if True:")),
        Mistake("a run is measured one step before each interval is over", due("if (run.step + 1) % config.eval_interval == 0 or run.step == config.max_iters:")),
        Mistake("a run is measured one step after each interval is over", due("if run.step % config.eval_interval == 1 or run.step == config.max_iters:")),
        Mistake("a run is measured where run.step and the interval are mixed up in the remainder", due("if config.eval_interval % run.step == 0 or run.step == config.max_iters:")),
        Mistake("a run is measured when it is not on an interval", due("if run.step % config.eval_interval or run.step == config.max_iters:")),
        Mistake("the interval is counted from where the run was resumed", edit(START, START + "    began = run.step\n", DUE, "if (run.step - began) % config.eval_interval == 0 or run.step == config.max_iters:")),
        Mistake("the interval is eval_iters steps", due("if run.step % config.eval_iters == 0 or run.step == config.max_iters:")),
        Mistake("the last step is measured twice where it falls on an interval", edit(DUE, "if run.step % config.eval_interval == 0:", KEEPING.splitlines()[1] + "\n", KEEPING.splitlines()[1] + f"\n            if run.step == config.max_iters:\n                run.measure(learning_rate)\n                if run.saved_step != run.step:\n                    run.save(run.log.records[-1])\n")),
        Mistake("the measurement comes before the step, so that an interval's first step counts as its last", edit(f"            {TICK}\n", "", KEEPING, f"            if (run.step + 1) % config.eval_interval == 0 or run.step + 1 == config.max_iters:\n                record = run.measure(learning_rate)\n            {TICK}\n            if run.step % config.eval_interval == 0 or run.step == config.max_iters:\n                run.save(record)\n")),
        Mistake("a stopped run is measured once more at its end", edit(UNSAVED, UNSAVED.replace("run.save()", "run.save(run.measure(learning_rate_at(max(run.step - 1, 0), config)))"))),
        Mistake("a measurement is told the rate of the next step", edit(SAVE, "run.save(run.measure(learning_rate_at(run.step, config)))")),
        Mistake("a measurement is told the highest rate", edit(SAVE, "run.save(run.measure(config.learning_rate))")),
        Mistake("a measurement is told the loss, not the learning rate", edit(TICK, f"loss = {STEP}\n            run.tick(loss)", SAVE, "run.save(run.measure(loss))")),
        # Saving
        Mistake("the run is measured at each interval but never saved there", edit(SAVE, "run.measure(learning_rate)")),
        Mistake("the run is saved at each interval but not measured", edit(SAVE, "run.save()")),
        Mistake("the record isn't handed to run.save", edit(SAVE, "run.measure(learning_rate)\n                run.save()")),
        Mistake("the checkpoint has the record of the measurement before", edit(FIRST, f"record = {FIRST}", SAVE, "before, record = locals().get('record', {}), run.measure(learning_rate)\n                run.save(before)")),
        Mistake("the checkpoint has the very first record", edit(SAVE, "run.measure(learning_rate)\n                run.save(run.log.records[0])")),
        Mistake("the checkpoint has only the validation loss, not the record", edit(SAVE, 'run.save(run.measure(learning_rate)["val_loss"])')),
        Mistake("the run is saved before it is measured", edit(SAVE, "run.save()\n                run.measure(learning_rate)")),
        Mistake("the run is saved only where it has a new best validation loss", edit(SAVE, 'record = run.measure(learning_rate)\n                if record["val_loss"] is not None and record["val_loss"] <= min(run.val_losses):\n                    run.save(record)')),
        Mistake("the run is saved only at the end", edit(SAVE, "record = run.measure(learning_rate)\n                if run.step == config.max_iters:\n                    run.save(record)")),
        Mistake("the run is saved after every step", edit(KEEPING, f"            {DUE}\n                {SAVE}\n            else:\n                run.save()\n")),
        Mistake("a run that stops between two measurements isn't saved", edit(UNSAVED, "")),
        Mistake("the last step is always saved once more at the end, also where it is saved already", edit(UNSAVED, "        run.save()\n")),
        Mistake("the last step is saved once more at the end, and the error that it is there already is caught", edit(UNSAVED, "        try:\n            run.saved_step = None\n            run.save()\n        except FileExistsError:\n            pass\n")),
        Mistake("whether the last step is saved is decided by the interval alone", edit(UNSAVED, "        if run.step % config.eval_interval:\n            run.save()\n")),
        Mistake("at its end a run is saved only if it made a step, so a new one that is stopped at once isn't", edit(UNSAVED, UNSAVED.replace("if run", "if run.step and run"))),
        Mistake("at its end a run is saved with the last record, which is of an earlier step", edit(UNSAVED, UNSAVED.replace("run.save()", "run.save(run.log.records[-1])"))),
        Mistake("the step of the last save is set by hand, and nothing is saved", edit(UNSAVED, UNSAVED.replace("run.save()", "run.saved_step = run.step"))),
        Mistake("a resumed run that is stopped at once is saved once more", edit(UNSAVED, "        if not saved:\n            run.save()\n", START, START + "    saved = False\n", SAVE, f"{SAVE}\n                saved = True", TICK, f"{TICK}\n            saved = False")),
        # Stopping
        Mistake("run.must_stop() is never asked", stop("if should_stop_early(run.val_losses, config.patience):")),
        Mistake("must_stop is named but not called, so the run stops at once", stop("if run.must_stop or should_stop_early(run.val_losses, config.patience):")),
        Mistake("only the clock is asked, so Ctrl-C is ignored", stop("if run.out_of_time() or should_stop_early(run.val_losses, config.patience):")),
        Mistake("run.must_stop() and the early stop must both say so", stop("if run.must_stop() and should_stop_early(run.val_losses, config.patience):")),
        Mistake("run.must_stop() is understood the wrong way round", stop("if not run.must_stop():")),
        Mistake("run.must_stop() is asked only after a measurement", edit(STOP, "if should_stop_early(run.val_losses, config.patience):", SAVE, f"{SAVE}\n                if run.must_stop():\n                    break")),
        Mistake("run.must_stop() is asked only once, before the first step", edit("        " + WHILE, f"        must_stop = run.must_stop()\n        {WHILE}", "run.must_stop() or", "must_stop or")),
        Mistake("it is asked whether to stop only after a step, so one step more is always made", edit(STOPPING, "", KEEPING, KEEPING + STOPPING)),
        Mistake("it is asked whether to stop after the step and before the measurement, which is then left out", edit(KEEPING, STOPPING + KEEPING)),
        Mistake("when it must stop it skips the step but goes on asking", stop("if should_stop_early(run.val_losses, config.patience):\n                break\n            if run.must_stop():\n                run.step += 1\n                continue")),
        Mistake("when it must stop it returns at once and saves nothing", edit(STOP, "if run.must_stop():\n                return run.outcome()\n            if should_stop_early(run.val_losses, config.patience):")),
        Mistake("when it must stop it raises KeyboardInterrupt", edit(STOP, "if run.must_stop():\n                raise KeyboardInterrupt\n            if should_stop_early(run.val_losses, config.patience):")),
        Mistake("it never stops early", stop("if run.must_stop():")),
        Mistake("it stops early with a patience of 1, whatever the config says", stop("if run.must_stop() or should_stop_early(run.val_losses, 1):")),
        Mistake("it stops early with a patience of 5, whatever the config says", stop("if run.must_stop() or should_stop_early(run.val_losses, 5):")),
        Mistake("patience counts steps, not measurements", stop("if run.must_stop() or (config.patience and run.step > config.patience and should_stop_early(run.val_losses, 1)):")),
        Mistake("only the measurements of this sitting count for stopping early", edit(START, START + "    before = len(run.val_losses)\n", "should_stop_early(run.val_losses,", "should_stop_early(run.val_losses[before:],")),
        Mistake("the training losses decide about stopping early", edit(START, START + "    losses: list[float] = []\n", "should_stop_early(run.val_losses,", "should_stop_early(losses,", TICK, f"losses.append({STEP})\n            run.tick(losses[-1])")),
        Mistake("the measured training losses decide about stopping early, not those on validation text", edit("should_stop_early(run.val_losses,", 'should_stop_early([record["train_loss"] for record in run.log.records],')),
        Mistake("it stops early as soon as one measurement is worse than the one before", stop("if run.must_stop() or (config.patience and len(run.val_losses) > 1 and (run.val_losses[-1] or 0) > (run.val_losses[-2] or 0)):")),
        Mistake("an early stop is asked for only after a measurement, so a resumed run that had stopped early makes steps", edit(STOP, "if run.must_stop():", SAVE, f"{SAVE}\n                if should_stop_early(run.val_losses, config.patience):\n                    break")),
        Mistake("an early stop comes before its measurement is saved", edit(SAVE, "record = run.measure(learning_rate)\n                if should_stop_early(run.val_losses, config.patience):\n                    break\n                run.save(record)")),
        Mistake("an early stop makes the last step the last of all, so that it is measured once more", edit("                break\n", "                run.measure(learning_rate_at(max(run.step - 1, 0), config))\n                break\n")),
        # The sitting and what comes back
        Mistake("nothing is returned", edit(RETURN, "")),
        Mistake("outcome is named but not called", edit(RETURN, "    return run.outcome\n")),
        Mistake("the run is returned, not its outcome", edit(RETURN, "    return run\n")),
        Mistake("the last record is returned, not the outcome", edit(RETURN, "    return run.log.records[-1] if run.log.records else None\n")),
        Mistake("an outcome is made by hand, without asking the run", edit(RETURN, "    return Outcome(run.step, 'finished', {}, None)\n")),
        Mistake("the outcome is asked for inside the sitting", edit(RETURN, "        return run.outcome()\n")),
        Mistake("the outcome is asked for before training", edit(START, START + "    outcome = run.outcome()\n", RETURN, "    return outcome\n")),
        Mistake("there is no sitting", edit(SIT, "    if True:\n")),
        Mistake("sitting is called but not entered", edit(SIT, "    run.sitting()\n    if True:\n")),
        Mistake("each step has a sitting of its own", edit(SIT, "    if True:\n", f"            {TICK}\n", f"            with run.sitting():\n                {TICK}\n")),
        Mistake("the first measurement comes before the sitting", edit(SIT, "", f"        {NEW}\n            {FIRST}\n", f"    {NEW}\n        {FIRST}\n{SIT}")),
        Mistake("the last save comes after the sitting", edit(UNSAVED, "    if run.saved_step != run.step:\n        run.save()\n")),
        Mistake("a finished run makes one step more when it is resumed", edit("        " + WHILE, f"        first = True\n        {WHILE.replace('run.step <', 'first or run.step <')}\n            first = False")),
        Mistake("a finished run that is resumed returns None", edit(START, START + "    if run.step >= config.max_iters:\n        return None\n")),
        Mistake("a finished run is an error", edit(START, START + "    if run.step >= config.max_iters:\n        raise ValueError('this run is finished')\n")),
        Mistake("a finished run is measured once more", edit(START, START + "    if run.step >= config.max_iters:\n        with run.sitting():\n            run.measure(0.0)\n")),
        Mistake("a run that is further than max_iters goes on for ever", edit(WHILE, "while run.step != config.max_iters:")),
        # What goes wrong
        Mistake("a loss that is no number ends training silently", edit(TICK, f"try:\n                loss = {STEP}\n            except ArithmeticError:\n                break\n            run.tick(loss)")),
        Mistake("a step whose loss is no number is skipped", edit(TICK, f"try:\n                loss = {STEP}\n            except ArithmeticError:\n                run.step += 1\n                continue\n            run.tick(loss)")),
        Mistake("a loss that is no number is a RuntimeError", edit(TICK, f"try:\n                loss = {STEP}\n            except ArithmeticError as error:\n                raise RuntimeError(f'step {{run.step}}: {{error}}') from error\n            run.tick(loss)")),
        Mistake("what led to a nan is saved, because the last save is in a finally", edit(UNSAVED, "", SIT, SIT + "      try:\n", "        if run.step == 0:\n            run.measure", "        if run.step == 0:\n            run.measure", RETURN, "      finally:\n        if run.saved_step != run.step:\n            run.save()\n" + RETURN)),
        Mistake("the step is counted before its loss is known to be a number", edit(TICK, f"try:\n                loss = {STEP}\n            except ArithmeticError:\n                run.tick(float('nan'))\n                raise\n            run.tick(loss)")),
        Mistake("an error while saving is swallowed", edit(SAVE, "record = run.measure(learning_rate)\n                try:\n                    run.save(record)\n                except OSError:\n                    pass", UNSAVED, "        if run.saved_step != run.step:\n            try:\n                run.save()\n            except OSError:\n                pass\n")),
        Mistake("every error ends training quietly", edit(SIT, "    try:\n     with run.sitting():\n", RETURN, "    except Exception:\n        pass\n" + RETURN)),
        # Resuming
        Mistake("a seed is set at the start, so that a resumed run drops out what it had dropped out before", edit(START, START + "    torch.manual_seed(config.seed)\n")),
        Mistake("a seed is set before each step, so that every step drops out the same", edit(TICK, f"torch.manual_seed(config.seed)\n            {TICK}")),
        Mistake("the generator of the batches starts again when a run is resumed", edit(START, START + "    run.batches.manual_seed(config.seed)\n")),
        Mistake("the optimiser is made anew when training starts, so that a resumed one has forgotten all", edit(START, START + "    run.optimizer = run.model.configure_optimizers(config.learning_rate, config.weight_decay)\n")),
        Mistake("the model starts from new weights", edit(START, START + "    for module in run.model.modules():\n        if hasattr(module, 'reset_parameters'):\n            module.reset_parameters()\n")),
        Mistake("a random number is drawn for each sitting, so that dropout goes another way", edit(START, START + "    torch.rand(1)\n")),
        Mistake("step 0 is where every sitting starts", edit(START, START + "    run.step = 0\n")),
    ],
}  # fmt: skip
