// SPDX-License-Identifier: MIT
#include "shim.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

struct shim_state {
	benchmark::State *state;
	double measured;
};

namespace
{

// The flags that progress needs to know; the library parses them too.
double min_time = 0.5;
double repetitions = 1;
size_t registered;
double finished;
int shown = -1;
bool failed;

// A repetition counts as done by the time that it measured, so that trial runs hardly count.
void progress(double measured)
{
	double total = static_cast<double>(registered) * repetitions;
	bool terminal = isatty(STDERR_FILENO);

	finished += std::min(1.0, measured / min_time);
	int percent = std::min(99, static_cast<int>(100 * finished / total));
	if (percent == shown || (!terminal && percent / 10 == shown / 10 && shown >= 0))
		return;
	shown = percent;
	std::fprintf(stderr, terminal ? "\riomt: benchmarks %d %% " : "iomt: benchmarks %d %%\n",
		     percent);
}

// Collects errors; figures go to the JSON file alone.
class Quiet : public benchmark::BenchmarkReporter
{
      public:
	bool ReportContext(const Context &) override
	{
		return true;
	}

	void ReportRuns(const std::vector<Run> &runs) override
	{
		for (const Run &run : runs) {
			if (!run.error_occurred)
				continue;
			failed = true;
			std::fprintf(stderr, "\n%s: %s\n", run.benchmark_name().c_str(),
				     run.error_message.c_str());
		}
	}
};

double flag(int argc, char **argv, const std::string &name, double otherwise)
{
	for (int i = 1; i < argc; i++) {
		std::string argument = argv[i];

		if (argument.rfind(name + "=", 0) == 0)
			otherwise = std::atof(argument.c_str() + name.size() + 1);
	}
	return otherwise;
}

} // namespace

void shim_register(const char *name, void (*run)(struct shim_state *state, const void *ctx),
		   const void *ctx)
{
	auto body = [run, ctx](benchmark::State &state) {
		shim_state shim = {&state, 0};

		run(&shim, ctx);
		progress(shim.measured);
	};

	registered++;
	benchmark::RegisterBenchmark(name, body)->UseManualTime()->Unit(benchmark::kNanosecond);
}

bool shim_round(struct shim_state *state)
{
	return state->state->KeepRunning();
}

void shim_time(struct shim_state *state, double seconds)
{
	state->measured += seconds;
	state->state->SetIterationTime(seconds);
}

void shim_counter(struct shim_state *state, const char *name, double value)
{
	state->state->counters[name] = value;
}

void shim_fail(struct shim_state *state, const char *why)
{
	state->state->SkipWithError(why);
}

void shim_context(const char *name, const char *value)
{
	benchmark::AddCustomContext(name, value);
}

int shim_main(int argc, char **argv)
{
	Quiet quiet;

	min_time = flag(argc, argv, "--benchmark_min_time", min_time);
	repetitions = flag(argc, argv, "--benchmark_repetitions", repetitions);
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;
	if (!benchmark::RunSpecifiedBenchmarks(&quiet))
		return 1;
	benchmark::Shutdown();
	std::fprintf(stderr, isatty(STDERR_FILENO) ? "\r                           \r"
						   : "iomt: benchmarks 100 %%\n");
	return failed;
}
