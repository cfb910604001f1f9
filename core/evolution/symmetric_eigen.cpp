#include "core/evolution/symmetric_eigen.hpp"

template Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>&
Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>::compute<Eigen::MatrixXd>(
    Eigen::EigenBase<Eigen::MatrixXd> const& matrix, int options);
