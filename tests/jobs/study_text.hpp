#pragma once

#include <string>

namespace engram {

/// A study file with every key that there is, of the experiment test_quadratic in test_study.cpp.
inline std::string const full_text = R"(# A comment
[study]
name       = demo
summary    = a summary, with = and , signs
experiment = test_quadratic   # at the end of a line
searcher   = sobol
trials     = 512
replicates = 4
seed       = 7
seeds      = independent
objective  = accuracy
output     = elsewhere/demo.h5
time_limit = 2.5
on_failure = penalise
max_retries = 3
penalty    = -1e3
target     = 0.99
stagnation = 50

[experiment]
units = 200
label = two words

[space]
x     = uniform(0.1, 0.9)
scale = loguniform(0.01, 2)
noisy = choice(true, false)

[searcher]
scramble = false

[constraints]
nearly all = x * units > 9 or not noisy or log(scale) < 3

[reference]
best of 1999 = accuracy 0.875 (A. Nonymous 1999, table 2)
no source    = loss 0.5
)";

}  // namespace engram
