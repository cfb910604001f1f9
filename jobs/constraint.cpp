#include "jobs/constraint.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <optional>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {

namespace {

using Number = std::function<double(Point const&)>;
using Word = std::function<std::string const&(Point const&)>;

/// A part of an expression. A truth is 1 or 0. A word that names no parameter is text that a
/// parameter may have.
struct Term {
  enum class Type { number, truth, text, word };
  Type type = Type::number;
  Number value = {};
  Word text = {};
  std::string name = {};                ///< of a word or of a parameter that is text
  ParameterSpec const* spec = nullptr;  ///< of a parameter that is text
};

// Evaluation recurses.
constexpr int deepest = 100;
constexpr std::size_t longest = 1000;

/// A descent for each level of precedence.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, SearchSpace const& space,
                   std::vector<ParameterSpec> const& specs, Parameters const& fixed)
      : text_(text), rest_(trimmed(text)), space_(space), specs_(specs), fixed_(fixed) {}

  Term parse() {
    if (text_.size() > longest)
      throw UserError("expected at most " + std::to_string(longest) + " characters");
    auto result = any_of();
    if (!rest_.empty()) refuse("an operator or the end");
    return truth(std::move(result));
  }

 private:
  [[noreturn]] void refuse(std::string const& expected) const {
    auto const position = rest_.empty() ? text_.size() : std::size_t(rest_.data() - text_.data());
    throw UserError("expected " + expected + " at character " + std::to_string(position + 1) +
                    (rest_.empty() ? ", where it ends" : ", got " + in_quotes(rest_)));
  }

  Term truth(Term term) const {
    if (term.type == Term::Type::word) throw no_such_parameter(term);
    if (term.type != Term::Type::truth)
      throw UserError("expected what is true or false, such as a comparison, where there is " +
                      described(term));
    return term;
  }

  Term number(Term term) const {
    if (term.type == Term::Type::word) throw no_such_parameter(term);
    if (term.type != Term::Type::number)
      throw UserError("expected a number, where there is " + described(term));
    return term;
  }

  UserError no_such_parameter(Term const& term) const {
    return UserError("there is no parameter " + in_quotes(term.name) +
                     did_you_mean(term.name, names()));
  }

  static std::string described(Term const& term) {
    if (term.type == Term::Type::number) return "a number";
    if (term.type == Term::Type::truth) return "what is true or false";
    return "the text " + in_quotes(term.name);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (auto const& spec : specs_) result.push_back(spec.name);
    return result;
  }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_ = trimmed(rest_.substr(token.size()));
    return true;
  }

  static bool is_of_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  std::string_view next_word() const {
    std::size_t size = 0;
    while (size < rest_.size() && is_of_word(rest_[size])) ++size;
    return rest_.substr(0, size);
  }

  bool take_word(std::string_view word) { return next_word() == word && take(word); }

  Term any_of() {
    auto left = all_of();
    while (take_word("or")) {
      auto a = truth(std::move(left)).value, b = truth(all_of()).value;
      left = {Term::Type::truth, [a = std::move(a), b = std::move(b)](Point const& p) {
                return std::max(a(p), b(p));
              }};
    }
    return left;
  }

  Term all_of() {
    auto left = negated();
    while (take_word("and")) {
      auto a = truth(std::move(left)).value, b = truth(negated()).value;
      left = {Term::Type::truth, [a = std::move(a), b = std::move(b)](Point const& p) {
                return std::min(a(p), b(p));
              }};
    }
    return left;
  }

  Term negated() {
    if (++depth_ > deepest) refuse("at most " + std::to_string(deepest) + " levels");
    auto result = take_word("not") ? opposite(truth(negated())) : comparison();
    --depth_;
    return result;
  }

  static Term opposite(Term const& term) {
    return {Term::Type::truth, [a = term.value](Point const& p) { return 1.0 - a(p); }};
  }

  Term comparison() {
    auto left = sum();
    for (std::string_view const op : {"<=", ">=", "==", "!=", "<", ">"}) {
      if (!take(op)) continue;
      auto const right = sum();
      return compare(op, left, right);
    }
    return left;
  }

  Term compare(std::string_view op, Term const& left, Term const& right) const {
    bool const is_equality = op == "==" || op == "!=";
    if (is_equality && left.type == Term::Type::text) return compare_text(op, left, right);
    if (is_equality && right.type == Term::Type::text) return compare_text(op, right, left);
    bool const are_truths = left.type == Term::Type::truth && right.type == Term::Type::truth;
    auto a = is_equality && are_truths ? left.value : number(left).value;
    auto b = is_equality && are_truths ? right.value : number(right).value;
    if (op == "<=")
      return truth_of(
          [a = std::move(a), b = std::move(b)](Point const& p) { return a(p) <= b(p); });
    if (op == ">=")
      return truth_of(
          [a = std::move(a), b = std::move(b)](Point const& p) { return a(p) >= b(p); });
    if (op == "==")
      return truth_of(
          [a = std::move(a), b = std::move(b)](Point const& p) { return a(p) == b(p); });
    if (op == "<")
      return truth_of([a = std::move(a), b = std::move(b)](Point const& p) { return a(p) < b(p); });
    if (op == ">")
      return truth_of([a = std::move(a), b = std::move(b)](Point const& p) { return a(p) > b(p); });
    return truth_of([a = std::move(a), b = std::move(b)](Point const& p) {
      return a(p) < b(p) || a(p) > b(p);
    });
  }

  template <class Predicate>
  static Term truth_of(Predicate predicate) {
    return {Term::Type::truth, [predicate = std::move(predicate)](Point const& p) {
              return predicate(p) ? 1.0 : 0.0;
            }};
  }

  static Term compare_text(std::string_view op, Term const& parameter, Term const& other) {
    bool const wanted = op == "==";
    if (other.type != Term::Type::word && other.type != Term::Type::text)
      throw UserError("expected a word to compare " + parameter.name + " with, where there is " +
                      described(other));
    if (other.type == Term::Type::word) parameter.spec->parse(other.name);
    return truth_of([wanted, a = parameter.text, b = other.text](Point const& p) {
      return (a(p) == b(p)) == wanted;
    });
  }

  Term sum() {
    auto left = product();
    while (true) {
      bool const adds = take("+");
      if (!adds && !take("-")) return left;
      auto a = number(std::move(left)).value, b = number(product()).value;
      left =
          adds ? Term{Term::Type::number,
                      [a = std::move(a), b = std::move(b)](Point const& p) { return a(p) + b(p); }}
               : Term{Term::Type::number,
                      [a = std::move(a), b = std::move(b)](Point const& p) { return a(p) - b(p); }};
    }
  }

  Term product() {
    auto left = signed_power();
    while (true) {
      bool const multiplies = take("*");
      if (!multiplies && !take("/")) return left;
      auto a = number(std::move(left)).value, b = number(signed_power()).value;
      left =
          multiplies
              ? Term{Term::Type::number,
                     [a = std::move(a), b = std::move(b)](Point const& p) { return a(p) * b(p); }}
              : Term{Term::Type::number,
                     [a = std::move(a), b = std::move(b)](Point const& p) { return a(p) / b(p); }};
    }
  }

  Term signed_power() {
    if (++depth_ > deepest) refuse("at most " + std::to_string(deepest) + " levels");
    auto result = take("-") ? negative(number(signed_power())) : power();
    --depth_;
    return result;
  }

  static Term negative(Term const& term) {
    return {Term::Type::number, [a = term.value](Point const& p) { return -a(p); }};
  }

  Term power() {
    auto base = primary();
    if (!take("^")) return base;
    auto a = number(std::move(base)).value, b = number(signed_power()).value;
    return {Term::Type::number,
            [a = std::move(a), b = std::move(b)](Point const& p) { return std::pow(a(p), b(p)); }};
  }

  Term primary() {
    if (take("(")) {
      auto inner = any_of();
      if (!take(")")) refuse("')'");
      return inner;
    }
    if (rest_.starts_with('"')) return quoted();
    auto const word = next_word();
    if (word.empty() && !rest_.starts_with('.')) refuse("a number, a name or '('");
    bool const is_number = rest_.front() == '.' || (rest_.front() >= '0' && rest_.front() <= '9');
    if (is_number) return literal();
    rest_ = trimmed(rest_.substr(word.size()));
    if (take("(")) return call(word);
    if (word == "true" || word == "false")
      return truth_of([value = word == "true"](Point const&) { return value; });
    return named(word);
  }

  Term quoted() {
    auto const end = rest_.find('"', 1);
    if (end == std::string_view::npos) refuse("a second '\"'");
    auto const word = rest_.substr(1, end - 1);
    rest_ = trimmed(rest_.substr(end + 1));
    return text_constant(word);
  }

  static Term text_constant(std::string_view word) {
    return {Term::Type::word,
            {},
            [text = std::string(word)](Point const&) -> std::string const& { return text; },
            std::string(word)};
  }

  Term literal() {
    // 1e-3 has a sign, which is none between two numbers.
    auto const is_part = [&](std::size_t i) {
      char const c = rest_[i];
      bool const is_exponent_sign = (c == '+' || c == '-') && (rest_[i - 1] | 0x20) == 'e';
      return is_of_word(c) || c == '.' || is_exponent_sign;
    };
    std::size_t size = 1;
    while (size < rest_.size() && is_part(size)) ++size;
    auto const value = read_real(rest_.substr(0, size));
    if (!value) refuse("a number");
    rest_ = trimmed(rest_.substr(size));
    return {Term::Type::number, [x = *value](Point const&) { return x; }};
  }

  Term call(std::string_view function) {
    std::vector<Number> arguments;
    do arguments.push_back(number(any_of()).value);
    while (take(","));
    if (!take(")")) refuse("',' or ')'");
    if (function == "min" || function == "max") return extreme(function == "max", arguments);
    struct Function {
      std::string name;
      double (*value)(double);
    };
    static std::array<Function, 4> const functions = {
        {{"log", std::log}, {"exp", std::exp}, {"sqrt", std::sqrt}, {"abs", std::fabs}}};
    auto const found = std::ranges::find(functions, function, &Function::name);
    if (found == functions.end())
      throw UserError("there is no function " + in_quotes(function) +
                      "; known: min, max, log, exp, sqrt, abs");
    if (arguments.size() != 1)
      throw UserError("expected " + found->name + " of one number, got " +
                      std::to_string(arguments.size()));
    return {Term::Type::number,
            [f = found->value, a = arguments[0]](Point const& p) { return f(a(p)); }};
  }

  /// NaN if one of them is.
  static Term extreme(bool largest, std::vector<Number> const& arguments) {
    return {Term::Type::number, [largest, arguments](Point const& p) {
              double result = arguments[0](p);
              for (auto const& argument : arguments) {
                double const x = argument(p);
                bool const is_better = largest ? x > result : x < result;
                if (is_better || std::isnan(x)) result = x;
              }
              return result;
            }};
  }

  Term named(std::string_view name) const {
    auto const spec = std::ranges::find(specs_, name, &ParameterSpec::name);
    if (spec == specs_.end()) return text_constant(name);
    auto const dimension = std::ranges::find(space_, name, &Dimension::name);
    std::optional<std::size_t> index;
    if (dimension != space_.end()) index = static_cast<std::size_t>(dimension - space_.begin());
    auto const value = [ index, constant = fixed_.at(name) ](Point const& p) -> auto const& {
      return index ? p[*index] : constant;
    };
    if (spec->is_text())
      return {
          Term::Type::text,
          {},
          [value](Point const& p) -> std::string const& { return std::get<std::string>(value(p)); },
          spec->name,
          &*spec};
    return {spec->is_boolean() ? Term::Type::truth : Term::Type::number, [value](Point const& p) {
              auto const& v = value(p);
              if (auto const* truth = std::get_if<bool>(&v)) return *truth ? 1.0 : 0.0;
              auto const* integer = std::get_if<std::int64_t>(&v);
              return integer ? static_cast<double>(*integer) : std::get<double>(v);
            }};
  }

  std::string_view text_, rest_;
  SearchSpace const& space_;
  std::vector<ParameterSpec> const& specs_;
  Parameters const& fixed_;
  int depth_ = 0;
};

}  // namespace

Constraint Constraint::parse(std::string_view text, SearchSpace const& space,
                             std::vector<ParameterSpec> const& specs, Parameters const& fixed) {
  auto const term = ExpressionParser(text, space, specs, fixed).parse();
  return Constraint([value = term.value](Point const& point) { return value(point) != 0.0; });
}

}  // namespace engram
