#include "core/optimizers/clip_up.hpp"

#include "core/host_copy.hpp"

namespace engram {

namespace {

template <class T>
struct ClipUpKernel {
  T max_speed, rate, momentum;
  typename Optimizer<T>::ConstVectors gradient;
  typename Optimizer<T>::Vectors theta, velocity;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const network = team.league_rank(), count = static_cast<int>(theta.extent(1));
    T* const w = &theta(network, 0);
    T* const v = &velocity(network, 0);
    T const* const g = &gradient(network, 0);
    T const along = momentum;
    T const length = square_root(
        lanes.template sum<T>(count, [=](int i, T sum) { return fused(g[i], g[i], sum); }));
    T const pull = length > T(0) ? -rate / length : T(0);
    lanes.for_each(count, [=](int i) { v[i] = fused(along, v[i], pull * g[i]); });
    T const speed = square_root(
        lanes.template sum<T>(count, [=](int i, T sum) { return fused(v[i], v[i], sum); }));
    T const brake = speed > max_speed ? max_speed / speed : T(1);
    lanes.for_each(count, [=](int i) {
      v[i] *= brake;
      w[i] += v[i];
    });
  }
};

}  // namespace

template <class T>
void ClipUp<T>::step(ExecutionSpace const& space, ConstVectors const& gradient,
                     Vectors const& theta) {
  auto const fits = [this](auto const& vectors) {
    return vectors.extent(0) == velocity_.extent(0) && vectors.extent(1) == velocity_.extent(1);
  };
  if (!fits(theta) || !fits(gradient))
    throw std::invalid_argument("gradients or parameters are not of the optimiser's sizes");
  ++num_steps_;
  if (theta.size() == 0) return;
  int const league = static_cast<int>(theta.extent(0));
  using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
  Kokkos::parallel_for(
      "engram::core::step_clip_up",
      is_host_space ? Policy(space, league, 1) : Policy(space, league, Kokkos::AUTO),
      ClipUpKernel<T>{max_speed_, rate_, momentum_, gradient, theta, velocity_});
}

template <class T>
OptimizerState<T> ClipUp<T>::state() const {
  auto const host = host_copy(velocity_);
  return {num_steps_, std::vector<T>(host.data(), host.data() + host.size())};
}

template <class T>
void ClipUp<T>::restore(OptimizerState<T> const& state) {
  if (state.slots.size() != velocity_.size())
    throw std::invalid_argument("the state is of an optimiser of other sizes");
  num_steps_ = state.num_steps;
  auto const host = Kokkos::create_mirror_view(velocity_);
  for (std::size_t i = 0; i < host.size(); ++i) host.data()[i] = state.slots[i];
  copy_to_device(velocity_, host);
}

template class ClipUp<float>;
template class ClipUp<double>;

}  // namespace engram
